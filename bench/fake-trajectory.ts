// Trajectories that look like real ones: a question, code that runs or fails, an answer.

import type { RandomStream } from '../src/base/random.ts'
import type { TrajectoryRecord } from '../src/run/trajectory-record.ts'
import type { Segment } from '../src/trajectory/segment.ts'

export interface FakeChoices {
  readonly step: number
  readonly index: number
  readonly group: number
  /** 0 at the first step, 1 at the last: later ones are better. */
  readonly progress: number
  readonly random: RandomStream
}

const families = ['products', 'gcd-lcm', 'prime-factors', 'base-conversion', 'time-intervals']

interface Written {
  readonly author: Segment['author']
  readonly text: string
  readonly ok?: boolean
}

export function fakeTrajectory(choices: FakeChoices): TrajectoryRecord {
  const { step, index, group, progress, random } = choices
  const problem = fakeProblem((step * 7 + group * 13) % 60)
  const usesCode = random.uniform() < 0.35 + progress * 0.6
  const stumbles = usesCode && random.uniform() < 0.3 - progress * 0.15
  const correct = random.uniform() < 0.1 + progress * (usesCode ? 0.8 : 0.3)
  const limited = !correct && random.uniform() < 0.15
  const answer = correct ? problem.answer : String(Number(problem.answer) + 1 + random.integer(9))
  const texts = fakeTexts(problem, { usesCode, stumbles, limited, answer })
  const pieces = texts.map(({ text }) => text.match(/ ?[A-Za-z]+|\d|\s+|[^\sA-Za-z\d]/g) ?? [])
  const segments = texts.map((written, at) => fakeSegment(written, pieces[at] ?? [], random))
  const total = pieces.reduce((sum, list) => sum + list.length, 0)
  const advantage = (correct ? 1 : -1) * (1 - progress * 0.5)
  const perToken = (value: () => number) => Float32Array.from({ length: total }, value)
  const oldLogprobs = perToken(() => -Math.abs(random.normal()) * 0.4)
  return {
    phase: 'train',
    trajectory: {
      id: `${problem.id}-${group}-${index % 8}`,
      problemId: problem.id,
      segments,
      stop: limited ? { kind: 'limit', limit: 'trajectoryTokens' } : { kind: 'answered' },
      policyVersion: step - 1,
      durationMs: 400 + random.integer(3000),
    },
    problem,
    pieces,
    reward: {
      total: correct ? 1 : -1,
      parts: { outcome: correct ? 1 : -1, format: limited ? 0 : 1 },
      correct,
    },
    answer: limited ? null : answer,
    purposes: usesCode ? [fakePurpose(progress, random)] : [],
    verdict: correct ? 'equal as numbers' : 'not equal',
    tokenValues: {
      advantages: perToken(() => advantage),
      oldLogprobs,
      newLogprobs: oldLogprobs.map((value) => Math.min(0, value + random.normal() * 0.05)),
      entropies: perToken(() => Math.abs(random.normal()) * 0.7),
    },
  }
}

function fakeProblem(number: number) {
  const a = 37 + ((number * 17) % 61)
  const b = 12 + ((number * 29) % 83)
  return {
    id: `products-${number}`,
    question: `A hall has ${a} rows of ${b} seats, and $\\frac{1}{${b}}$ of each row stays empty. How many seats are taken?`,
    answer: String(a * b - a),
    source: families[number % families.length] ?? 'products',
    a,
    b,
  }
}

/** Calculation at first, more and more of the others. */
function fakePurpose(progress: number, random: RandomStream): string {
  const others = ['verification', 'enumeration', 'search', 'symbolic']
  return random.uniform() < 1 - 0.6 * progress ? 'calculation' : (others[random.integer(4)] ?? '')
}

interface Course {
  readonly usesCode: boolean
  readonly stumbles: boolean
  readonly limited: boolean
  readonly answer: string
}

function fakeTexts({ question, a, b }: ReturnType<typeof fakeProblem>, course: Course): Written[] {
  const texts: Written[] = [
    { author: 'context', text: `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n` },
  ]
  const thought = `Each row has $${b} - 1 = ${b - 1}$ taken seats, so there are $${a} \\times ${b - 1}$ in all.\n`
  const call = (code: string) => `<code>\n\`\`\`python\n${code}\n\`\`\`\n</code>`
  if (course.usesCode) {
    if (course.stumbles) {
      texts.push(
        { author: 'policy', text: thought + call(`rows = ${a}\nprint(rows * seats)`) },
        {
          author: 'tool',
          ok: false,
          text: "\n<interpreter>\nNameError: name 'seats' is not defined\n</interpreter>\n",
        },
      )
    }
    const code = `# taken seats of all rows\nrows, seats = ${a}, ${b}\nprint(rows * (seats - 1))`
    const lead = course.stumbles ? 'The name was never set. Again, with both numbers:\n' : thought
    texts.push(
      { author: 'policy', text: lead + call(code) },
      { author: 'tool', ok: true, text: `\n<interpreter>\n${a * (b - 1)}\n</interpreter>\n` },
    )
  }
  const ending = course.limited
    ? 'Let me check this once more, seat by seat, beginning with the first row'
    : `So the hall has\n\\[ ${a} \\times ${b - 1} = ${course.answer} \\]\ntaken seats.\n<answer>\n\\boxed{${course.answer}}\n</answer>`
  texts.push({ author: 'policy', text: (course.usesCode ? '' : thought) + ending })
  return texts
}

function fakeSegment(
  { author, text, ok = true }: Written,
  pieces: readonly string[],
  random: RandomStream,
): Segment {
  const tokens = pieces.map((piece) => (piece.charCodeAt(0) * 31 + piece.length * 7) % 49_152)
  switch (author) {
    case 'context':
      return { author, tokens }
    case 'policy':
      return { author, tokens, logprobs: tokens.map(() => -(random.normal() ** 2) * 0.5) }
    case 'tool':
      return {
        author,
        tokens,
        call: { tool: 'interpreter', arguments: { code: 'print(rows * (seats - 1))' } },
        output: { text, ok, status: ok ? 'ok' : 'error', durationMs: 20 + random.integer(60) },
      }
    default:
      author satisfies never
      throw new Error('defect: no such author')
  }
}
