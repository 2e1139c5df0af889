import { expect, test } from 'vitest'
import type { ScoredGroup } from '../reward/reward.ts'
import { byteCodec } from '../tool/byte-codec.fixture.ts'
import { behaviourMetrics } from './behaviour-metrics.ts'

const tokens = (text: string) => byteCodec.encode(text)

const group: ScoredGroup = {
  problem: {
    id: 'p',
    question: 'q',
    answer: '7',
    source: 's',
    verifier: { kind: 'equivalence' },
  },
  members: [
    {
      reward: { total: 1, parts: {}, correct: true },
      trajectory: {
        id: 't',
        problemId: 'p',
        stop: { kind: 'answered' },
        policyVersion: 0,
        durationMs: 1,
        segments: [
          { author: 'context', tokens: tokens('What is it?') },
          { author: 'policy', tokens: tokens('ab print(3+4)'), logprobs: null },
          {
            author: 'tool',
            tokens: tokens('out'),
            call: { tool: 'interpreter', arguments: { code: 'print(3+4)' } },
            output: { text: '7', ok: true, status: 'ok', durationMs: 1 },
          },
          { author: 'policy', tokens: tokens('it is 7.'), logprobs: null },
        ],
      },
    },
  ],
}

test('numbers by name; what has no value is left out', () => {
  expect(behaviourMetrics([group], byteCodec.decode)).toEqual({
    'behaviour/response-length': 24,
    'behaviour/code-ratio': 1,
    'behaviour/code-lines': 1,
    'behaviour/correct-code-count': 1,
    'behaviour/code-pass-rate': 1,
    'behaviour/code-pass-rate-right': 1,
    'behaviour/invocation-timing': 3 / 24,
    'behaviour/calls-per-response': 1,
    'behaviour/with-errors': 0,
    'behaviour/self-corrections': 0,
    'behaviour/purpose-calculation': 1,
  })
})

test('a malformed call is no snippet, and a failed attempt does not count', () => {
  const [member] = group.members
  if (!member) throw new Error('no member')
  const segments = member.trajectory.segments.map((segment) =>
    segment.author === 'tool'
      ? { ...segment, call: { tool: 'malformed', arguments: { name: 'noFence' } } }
      : segment,
  )
  const malformed = { ...member, trajectory: { ...member.trajectory, segments } }
  const failed = { ...member, reward: { ...member.reward, correct: null } }
  expect(
    behaviourMetrics([{ ...group, members: [malformed, failed] }], byteCodec.decode),
  ).toMatchObject({ 'behaviour/code-ratio': 0, 'behaviour/response-length': 24 })
})
