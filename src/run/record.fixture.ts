// A small trajectory for tests: context of 2 tokens; policy of 4, its code in the third; tool 1; policy 1.

import type { TrajectoryRecord } from './trajectory-record.ts'

export interface FixtureChoices {
  readonly id: string
  readonly reward: number
  /** Whether the call's program succeeded. */
  readonly ok?: boolean
  readonly problem?: string
}

export function recordFixture({
  id,
  reward,
  ok = true,
  problem = 'p1',
}: FixtureChoices): TrajectoryRecord {
  const call = { tool: 'interpreter', arguments: { code: 'print(6*7)' } }
  const output = { text: '42', ok, status: ok ? 'ok' : 'error', durationMs: 3 }
  return {
    phase: 'train',
    trajectory: {
      id,
      problemId: problem,
      segments: [
        { author: 'context', tokens: [1, 2] },
        { author: 'policy', tokens: [3, 4, 5, 6], logprobs: [-0.5, -0.25, 0, -1] },
        { author: 'tool', tokens: [7], call, output },
        { author: 'policy', tokens: [8], logprobs: [-0.125] },
      ],
      stop: { kind: 'answered' },
      policyVersion: 2,
      durationMs: 12,
    },
    problem: { id: problem, question: 'What is 6*7?', answer: '42', source: 'products' },
    pieces: [['What', ' now?'], ['Let me', '<code>', 'print(6', '*7)</code>'], ['42'], ['42!']],
    reward: { total: reward, parts: { outcome: reward }, correct: reward > 0 },
    answer: '42',
    verdict: 'equal',
    purposes: ['calculation'],
    tokenValues: { advantages: [0, 0, 0.5, 0.5, 0.5, 0.5, 0, 0.5] },
  }
}
