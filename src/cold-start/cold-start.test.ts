import { expect, test } from 'vitest'
import type { Problem } from '../data/problem.ts'
import { literalJudge } from '../reward/literal-judge.fixture.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import { standardChecks } from './checks.ts'
import type { ColdStartOptions } from './cold-start.ts'
import { coldStart } from './cold-start.ts'
import { Contamination } from './contamination.ts'
import type { Demonstration } from './demonstration.ts'
import { clips } from './problem.fixture.ts'
import { pythonTool } from './python-tool.fixture.ts'
import type { ColdStartReport } from './report.ts'
import { ReportTally } from './report.ts'
import { writeByRule } from './write-by-rule.ts'

const { signal } = new AbortController()

const problem = (id: string, question: string, rest: Partial<Problem> = {}): Problem => ({
  ...clips,
  id,
  question,
  ...rest,
})

const book =
  'A book has 120 pages and Ann reads 15 pages of it every day. After how many days is she through?'

const problems: readonly Problem[] = [
  clips,
  problem('gsm8k/twin', clips.question.replace('Natalia', 'Natasha')),
  problem(
    'gsm8k/leaked',
    'There are 26 letters in the alphabet that Tom learns in 13 days. How many a day?',
  ),
  problem('gsm8k/wrong', book, { answer: '9', solution: 'It takes 120/15 = <<120/15=8>>8 days.' }),
  problem('gsm8k/none', 'Which whole number between 20 and 30 is prime and odd and below 28?', {
    solution: 'It is 23.\nSo 23.',
  }),
  problem(
    'asdiv/apples',
    'Seven red apples and two green apples are in the basket. How many apples?',
    {
      answer: '9',
      source: 'asdiv',
      solution: '7+2=9',
    },
  ),
  problem('gsm8k/easy', 'Bob has 11 cows and buys 14 cows more. How many cows does Bob have?', {
    answer: '25',
    solution: 'He has 11+14 = <<11+14=25>>25 cows.',
  }),
]

async function run(changes: Partial<ColdStartOptions> = {}): Promise<{
  kept: Demonstration[]
  report: ColdStartReport
}> {
  const contamination = new Contamination()
  contamination.addSet('exam', [
    problem(
      'exam/1',
      'Tom learns: there are 26 letters in the alphabet that Tom learns in 13 days.',
    ),
  ])
  const tally = new ReportTally()
  const options: ColdStartOptions = {
    write: (p, stream, s) =>
      writeByRule(p, stream, { interpreter: pythonTool, withoutCode: 0, corrections: 0 }, s),
    checks: standardChecks({
      protocol: reToolProtocol,
      interpreter: pythonTool,
      judge: literalJudge,
      longest: 2_000,
      mostTurns: 4,
    }),
    seed: 1,
    concurrency: 3,
    similarity: 0.7,
    contamination,
    difficulty: { passRates: new Map([['gsm8k/easy', 1]]), lowest: 0.1, highest: 0.9 },
    ...changes,
  }
  const kept: Demonstration[] = []
  for await (const demonstration of coldStart(problems, options, tally, signal)) {
    kept.push(demonstration)
  }
  return { kept, report: tally.report(null, 0) }
}

test('every problem ends as a demonstration or as a drop with its reason', async () => {
  const { kept, report } = await run()
  expect(kept.map(({ problem: { id } }) => id)).toEqual(['gsm8k/clips', 'asdiv/apples'])
  expect(
    Object.fromEntries(
      report.dropped.map(({ reason, examples }) => [reason, examples[0]?.problemId]),
    ),
  ).toEqual({
    'a near-duplicate question': 'gsm8k/twin',
    'overlaps exam': 'gsm8k/leaked',
    'the answer is not the reference': 'gsm8k/wrong',
    'no calculator marks': 'gsm8k/none',
    'too easy': 'gsm8k/easy',
  })
  expect(report.left).toEqual({
    problems: 7,
    contamination: 6,
    duplicates: 5,
    difficulty: 4,
    writing: 3,
    checks: 2,
    balance: 2,
  })
  expect(report.overlaps[0]).toMatchObject({ evaluationId: 'exam/1', problemId: 'gsm8k/leaked' })
  expect(report.demonstrations).toMatchObject({
    bySource: { gsm8k: 1, asdiv: 1 },
    byWriter: { marks: 1, formula: 1 },
  })
})

test('the outputs are what really ran, and concurrency changes nothing', async () => {
  const { kept } = await run()
  expect(kept[0]?.turns.at(-1)?.output.text).toMatch(/^72(\.0)?$/)
  expect((await run({ concurrency: 1 })).kept).toEqual(kept)
  const texts = async (seed: number) => JSON.stringify((await run({ seed })).kept)
  expect(await texts(2)).not.toBe(await texts(1))
})

test('a limit and a balance end or thin the set', async () => {
  expect((await run({ limit: 1 })).kept).toHaveLength(1)
  const { kept, report } = await run({ balance: { perSource: 0 } })
  expect(kept).toEqual([])
  expect(report.dropped.map(({ reason }) => reason)).toContain('enough of source gsm8k')
})
