import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Scored, ScoredGroup } from '../reward/reward.ts'
import type { Segment } from '../trajectory/segment.ts'
import type { Stop } from '../trajectory/trajectory.ts'
import { advantageEstimator, criticEstimator } from './advantage-estimator.ts'

const answered: Stop = { kind: 'answered' }
const truncated: Stop = { kind: 'limit', limit: 'turnTokens' }
const failed: Stop = {
  kind: 'failed',
  failure: { border: 'sandbox', kind: 'worker_lost', message: 'gone' },
}
const tool: Segment = {
  author: 'tool',
  tokens: [5, 6],
  call: { tool: 'interpreter', arguments: {} },
  output: { text: '1', ok: true, status: 'ok', durationMs: 1 },
}

/** Question of one token, a call of one token, two tokens of output, an answer of one token. */
function scored(id: string, total: number, stop: Stop = answered): Scored {
  const policy: Segment = { author: 'policy', tokens: [4], logprobs: [-1] }
  const segments: Segment[] = [{ author: 'context', tokens: [1] }, policy, tool, policy]
  return {
    trajectory: { id, problemId: 'p', segments, stop, policyVersion: 0, durationMs: 1 },
    reward: { total, parts: {}, correct: total > 0 },
  }
}

function group(...members: Scored[]): ScoredGroup {
  const verifier = { kind: 'equivalence' } as const
  return { problem: { id: 'p', question: '?', answer: '1', source: 'test', verifier }, members }
}

test('a group without spread is counted and dropped; the other is credited per token', () => {
  const estimate = advantageEstimator(
    { kind: 'drGrpo' },
    { maskTruncated: false },
  )([group(scored('a', 1), scored('b', 1)), group(scored('c', 1), scored('d', -1))])
  expect(estimate.credited.map(({ trajectory }) => trajectory.id)).toEqual(['c', 'd'])
  expect([...(estimate.credited[0]?.advantages ?? [])]).toEqual([0, 1, 0, 0, 1])
  expect([...(estimate.credited[1]?.advantages ?? [])]).toEqual([0, -1, 0, 0, -1])
  expect(estimate.report).toEqual({
    groups: 2,
    groupsWithSpread: 1,
    groupsWithoutSpread: 1,
    groupsEmpty: 0,
    trajectories: 4,
    dropped: 2,
    leftOut: { failed: 0, cancelled: 0, truncated: 0, nothingWritten: 0 },
  })
})

test('failed, cancelled and masked trajectories are in no statistic', () => {
  const members = [
    scored('right', 1),
    scored('wrong', -1),
    scored('failed', 100, failed),
    scored('cancelled', 100, { kind: 'cancelled' }),
    scored('truncated', 100, truncated),
  ]
  const estimator = advantageEstimator({ kind: 'drGrpo' }, { maskTruncated: true })
  const { credited, report } = estimator([group(...members), group(scored('x', 1, failed))])
  expect(credited.map(({ advantages }) => advantages[1])).toEqual([1, -1])
  expect(report).toMatchObject({
    groupsEmpty: 1,
    trajectories: 6,
    leftOut: { failed: 2, cancelled: 1, truncated: 1, nothingWritten: 0 },
  })
  const kept = advantageEstimator({ kind: 'drGrpo' }, { maskTruncated: false })([group(...members)])
  expect(kept.credited).toHaveLength(3)
})

test('a trajectory in which the policy wrote nothing is left out', () => {
  const empty = scored('empty', 5)
  const silent = { ...empty, trajectory: { ...empty.trajectory, segments: [tool] } }
  const estimator = advantageEstimator({ kind: 'grpo' }, { maskTruncated: false })
  const { credited, report } = estimator([group(silent, scored('a', 1), scored('b', 0))])
  expect(credited).toHaveLength(2)
  expect(report.leftOut.nothingWritten).toBe(1)
})

test('a KL penalty lowers the reward that the group compares', () => {
  const penalized = { ...scored('a', 1), klPenalty: Float32Array.of(9, 0.25, 9, 9, 0.25) }
  const estimator = advantageEstimator({ kind: 'drGrpo' }, { maskTruncated: false })
  const { credited } = estimator([group(penalized, scored('b', 0))])
  expect(credited.map(({ advantages }) => advantages[4])).toEqual([0.25, -0.25])
})

test('methods without group baseline keep groups without spread', () => {
  const groups = [group(scored('a', 1), scored('b', 1)), group(scored('c', -1))]
  const estimator = advantageEstimator(
    { kind: 'reinforcePlusPlus', gamma: 1 },
    { maskTruncated: false },
  )
  const { credited, report } = estimator(groups)
  expect(credited).toHaveLength(3)
  expect(report).toMatchObject({ groupsWithoutSpread: 2, dropped: 0 })
  // Returns 1, 1, 1, 1, -1, -1: mean 1/3, unbiased variance 16/15.
  expect(credited[0]?.advantages[1]).toBeCloseTo(2 / 3 / Math.sqrt(16 / 15), 5)
})

test('PPO credits with the critic and says what the critic should have said', () => {
  const valued = { ...scored('a', 1), values: Float32Array.of(7, 0.25, 7, 7, 0.5) }
  const { credited } = criticEstimator(
    { kind: 'gae', gamma: 1, lambda: 1 },
    { maskTruncated: false },
  )([{ ...group(), members: [valued] }])
  expect([...(credited[0]?.returns ?? [])]).toEqual([0, 1, 0, 0, 1])
  // Advantages .75 and .5 before whitening.
  expect(credited[0]?.advantages[1]).toBeCloseTo(Math.SQRT1_2, 5)
})

test('removing a failed trajectory from its group leaves every other advantage as it was', () => {
  const methods = ['grpo', 'drGrpo', 'rloo', 'opo', 'reinforcePlusPlusBaseline'] as const
  const rewards = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(rewards, fc.nat(), fc.constantFrom(...methods), (totals, place, kind) => {
      const members = totals.map((total, i) => scored(`${i}`, total))
      const at = place % (members.length + 1)
      const broken = scored('broken', 1000, failed)
      const estimator = advantageEstimator({ kind }, { maskTruncated: false })
      const mixed = [...members.slice(0, at), broken, ...members.slice(at)]
      expect(estimator([group(...mixed)]).credited).toEqual(estimator([group(...members)]).credited)
    }),
  )
})
