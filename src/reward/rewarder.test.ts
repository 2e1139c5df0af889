import { expect, test } from 'vitest'
import { InfrastructureError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import type { Segment } from '../trajectory/segment.ts'
import type { Stop, Trajectory } from '../trajectory/trajectory.ts'
import { answerJudge } from './judge.ts'
import type { WeightedPart } from './reward-part.ts'
import { type RewardOptions, rewardParts } from './reward-parts.ts'
import { rewarder } from './rewarder.ts'

const problem: Problem = {
  id: 'p',
  question: '12*13?',
  answer: '156',
  source: 'test',
  verifier: { kind: 'equivalence' },
}

/** Tokens are characters. */
const tokens = (text: string) => Array.from(text, (character) => character.charCodeAt(0))
const decode = (ids: readonly number[]) => String.fromCharCode(...ids)

function call(code: string, ok = true, status = ok ? 'ok' : 'error'): Segment {
  const output = { text: '!', ok, status, durationMs: 1 }
  return {
    author: 'tool',
    tokens: tokens('!'),
    call: { tool: 'interpreter', arguments: { code } },
    output,
  }
}

function trajectory(
  parts: readonly (string | Segment)[],
  stop: Stop = { kind: 'answered' },
): Trajectory {
  const written = parts.map(
    (part): Segment =>
      typeof part === 'string' ? { author: 'policy', tokens: tokens(part), logprobs: null } : part,
  )
  const segments: Segment[] = [{ author: 'context', tokens: [1, 2, 3] }, ...written]
  return { id: 't', problemId: 'p', segments, stop, policyVersion: 0, durationMs: 1 }
}

const grader = { request: () => Promise.resolve(0) }
const judge = answerJudge({ grader, seconds: 1 })
const good = '<answer>\\boxed{156}</answer>'

async function partsOf(options: RewardOptions, attempt: Trajectory) {
  const { members } = await rewarder(rewardParts(options), { decode, judge })({
    problem,
    trajectories: [attempt],
  })
  return members[0]?.reward
}

test('outcome: right, wrong, none; a tool that prints the answer has not answered', async () => {
  const options = { outcome: 2 }
  expect(await partsOf(options, trajectory([good]))).toMatchObject({
    total: 2,
    parts: { outcome: 1 },
    correct: true,
  })
  expect(await partsOf(options, trajectory(['\\boxed{157}']))).toMatchObject({
    total: -2,
    correct: false,
  })
  expect(await partsOf(options, trajectory(['?']))).toMatchObject({ parts: { outcome: -1 } })
  const printed: Segment = { ...call('x'), tokens: tokens(good) }
  expect(await partsOf(options, trajectory(['a', printed, 'b']))).toMatchObject({ correct: false })
})

test('a number in a text that was cut off is no answer; a boxed one is', async () => {
  const cut: Stop = { kind: 'limit', limit: 'turnTokens' }
  expect(await partsOf({ outcome: 1 }, trajectory(['it is 156'], cut))).toMatchObject({
    correct: false,
  })
  expect(await partsOf({ outcome: 1 }, trajectory(['it is 156']))).toMatchObject({ correct: true })
  expect(await partsOf({ outcome: 1 }, trajectory(['\\boxed{156}'], cut))).toMatchObject({
    correct: true,
  })
})

test('format asks for the place of the answer and for calls that are well formed', async () => {
  const value = async (attempt: Trajectory) => (await partsOf({ format: 1 }, attempt))?.total
  expect(await value(trajectory([good]))).toBe(1)
  expect(await value(trajectory(['\\boxed{156}']))).toBe(0)
  expect(await value(trajectory(['a', call('x', false, 'malformed'), good]))).toBe(0)
  expect(await value(trajectory(['a', call('x', false), good]))).toBe(1)
  expect(await value(trajectory([good], { kind: 'limit', limit: 'turns' }))).toBe(0)
  const boxed = { format: { weight: 1, answerIn: ['box'] } } as const
  expect(await partsOf(boxed, trajectory(['\\boxed{1}']))).toMatchObject({ total: 1 })
})

test('code: what runs, how much of the text it is, how early it comes, whether there is any', async () => {
  const options = { codeRuns: 1, codeRatio: 1, codeTiming: 1, toolUse: { weight: 1, enough: 4 } }
  // 10 characters: 2 before the code, 3 of code; then 5 more, of which the last 2 are code.
  const attempt = trajectory(['abCODefghi', call('COD'), 'klmno', call('no', false), 'vwxyz'])
  expect((await partsOf(options, attempt))?.parts).toEqual({
    codeRuns: 0.5,
    codeRatio: 5 / 20,
    codeTiming: 1 - 2 / 20,
    toolUse: 0.5,
  })
  const none = { codeRuns: 0, codeRatio: 0, codeTiming: 0, toolUse: 0 }
  expect((await partsOf(options, trajectory(['x'])))?.parts).toEqual(none)
})

test('length and overlong penalty count what policy and tools wrote', async () => {
  const options = {
    length: { weight: 1, free: 2, longest: 12 },
    overlong: { weight: 1, limit: 10, buffer: 4, factor: 2 },
  }
  const value = async (length: number) =>
    (await partsOf(options, trajectory(['a'.repeat(length - 1), call('x')])))?.parts
  expect(await value(2)).toEqual({ length: 1, overlong: 0 })
  expect(await value(7)).toEqual({ length: 0.5, overlong: -0.5 })
  expect(await value(10)).toEqual({ length: 0.2, overlong: -2 })
  expect(await value(14)).toEqual({ length: 0, overlong: -4 })
})

test('own functions, asynchronous or for a whole group, and weights of a stage', async () => {
  const own: WeightedPart[] = [
    {
      weight: 1,
      part: { name: 'late', per: 'trajectory', value: async ({ turns }) => turns.length },
    },
    {
      weight: 1,
      part: { name: 'rank', per: 'group', values: (attempts) => attempts.map((_, i) => i * 10) },
    },
  ]
  const score = rewarder(rewardParts({ outcome: 1 }, own), { decode, judge })
  const group = { problem, trajectories: [trajectory([good]), trajectory(['a', 'b'])] }
  expect((await score(group)).members.map(({ reward }) => reward.total)).toEqual([2, 11])
  const staged = await score(group, { rank: 0.5 })
  expect(staged.members.map(({ reward }) => reward.total)).toEqual([0, 5])
  expect(staged.members[0]?.reward.parts).toEqual({ outcome: 1, late: 1, rank: 0 })
})

test('what failed before is neither judged nor shown to a group function', async () => {
  const seen: number[] = []
  const count: WeightedPart = {
    weight: 1,
    part: {
      name: 'count',
      per: 'group',
      values: (attempts) => {
        seen.push(attempts.length)
        return attempts.map(() => 1)
      },
    },
  }
  const failure = { border: 'sandbox', kind: 'worker_lost', message: 'gone' } as const
  const trajectories = [trajectory([good], { kind: 'failed', failure }), trajectory([good])]
  const { members } = await rewarder([count], { decode, judge })({ problem, trajectories })
  expect(seen).toEqual([1])
  expect(members.map(({ reward }) => reward.correct)).toEqual([null, true])
})

test.each([
  [
    'throws',
    () => {
      throw new Error('oops')
    },
    'oops',
  ],
  ['returns NaN', () => Number.NaN, 'bad: expected a finite number, found NaN'],
])('an own function that %s fails its trajectory and no other', async (_, value, message) => {
  const bad: WeightedPart = {
    weight: 1,
    part: {
      name: 'bad',
      per: 'trajectory',
      value: ({ turns }) => (turns.length > 1 ? value() : 1),
    },
  }
  const trajectories = [trajectory(['a', good]), trajectory([good])]
  const { members } = await rewarder([bad], { decode, judge })({ problem, trajectories })
  expect(members[0]?.trajectory.stop).toEqual({
    kind: 'failed',
    failure: { border: 'reward', kind: 'rewardFunction', message },
  })
  expect(members[0]?.reward.correct).toBeNull()
  expect(members[1]?.reward).toMatchObject({ total: 1, parts: { bad: 1 }, correct: true })
})

test('a grader that is lost twice fails the trajectory; lost once it is asked again', async () => {
  let losses = 1
  const request = () =>
    losses-- > 0 ? Promise.reject(new InfrastructureError('died', 'gone')) : Promise.resolve(1)
  const flaky = answerJudge({ grader: { request }, seconds: 1 })
  const attempt = { problem, trajectories: [trajectory(['\\boxed{x}'])] }
  const once = await rewarder(rewardParts({ outcome: 1 }), { decode, judge: flaky })(attempt)
  expect(once.members[0]?.reward.correct).toBe(true)
  losses = 2
  const twice = await rewarder(rewardParts({ outcome: 1 }), { decode, judge: flaky })(attempt)
  expect(twice.members[0]?.trajectory.stop).toMatchObject({
    kind: 'failed',
    failure: { border: 'reward', kind: 'died' },
  })
})

test('unknown names, double names and weights that are no numbers are refused', () => {
  const unknown = JSON.parse('{"outcom": 1}') as RewardOptions
  expect(() => rewardParts(unknown)).toThrow('did you mean outcome?')
  expect(() => rewardParts({ outcome: Number.NaN })).toThrow('finite weight')
  const own: WeightedPart = {
    weight: 1,
    part: { name: 'outcome', per: 'trajectory', value: () => 1 },
  }
  expect(() => rewardParts({ outcome: 1 }, [own])).toThrow('two parts')
})
