import { expect, test } from 'vitest'
import type { Scored } from '../reward/reward.ts'
import type { Stop, Trajectory } from '../trajectory/trajectory.ts'
import { penalize } from './kl-penalty.ts'

const problem = {
  id: 'p',
  question: 'q',
  answer: '1',
  source: 's',
  verifier: { kind: 'equivalence' },
} as const

/** Reads one token and writes two. */
function member(stop: Stop): Scored {
  const trajectory: Trajectory = {
    id: stop.kind,
    problemId: 'p',
    segments: [
      { author: 'context', tokens: [1] },
      { author: 'policy', tokens: [2, 3], logprobs: [-1, -2] },
    ],
    stop,
    policyVersion: 0,
    durationMs: 0,
  }
  return { trajectory, reward: { total: 0, parts: {}, correct: null } }
}

test('every trajectory is penalized; the mean is of those that did not fail', () => {
  const failure = { border: 'tool', kind: 'sandbox', message: 'lost' } as const
  const members = [member({ kind: 'ended' }), member({ kind: 'failed', failure })]
  const rows = (...all: number[][]) => ({
    logprobs: all.map((row) => Float32Array.from(row)),
    entropy: [],
  })
  const learner = {
    score: () => rows([0, -1, -2], [0, -1, -2]),
    referenceScore: () => rows([0, -2, -2], [0, -9, -9]),
  }
  const options = { estimator: 'k1', coefficient: 0.5 } as const
  const { groups, kl } = penalize([{ problem, members }], learner, 1, options)
  // k1 is own less reference: 1 and 0 of the first, 8 and 7 of the failed one.
  expect(kl).toBe(0.5)
  const penalties = groups[0]?.members.map(({ klPenalty }) => [...klPenalty].map((one) => one + 0))
  expect(penalties).toEqual([
    [0, 0.5, 0],
    [0, 4, 3.5],
  ])
})
