import { expect, test } from 'vitest'
import type { Reward } from '../reward/reward.ts'
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts'
import type { Segment } from '../trajectory/segment.ts'
import { trajectoryRecords } from './trajectory-records.ts'

const tokenizer = byteTokenizer()
const tokensOf = (text: string) => [...Buffer.from(text)]
const code = 'assert 6 * 7 == 42'
const segments: Segment[] = [
  { author: 'context', tokens: tokensOf('q') },
  { author: 'policy', tokens: tokensOf('é!'), logprobs: [-1, -1, -1] },
  {
    author: 'tool',
    tokens: tokensOf('42'),
    call: { tool: 'interpreter', arguments: { code } },
    output: { text: '42', ok: true, status: 'ok', durationMs: 1 },
  },
]

function recordOf(judged: Reward['judged']) {
  const stop = { kind: 'answered' } as const
  const trajectory = { id: 't', problemId: 'p', segments, stop, policyVersion: 0, durationMs: 1 }
  const verifier = { kind: 'equivalence' } as const
  const problem = { id: 'p', question: 'q', answer: '42', source: 's', verifier }
  const reward = { total: 1, parts: {}, correct: true, ...(judged && { judged }) }
  const computed = [{ id: 't', tokenValues: { entropies: [0, 1, 2, 3, 0, 0] } }]
  const groups = [{ problem, members: [{ trajectory, reward }] }]
  return trajectoryRecords(groups, computed, 'train', tokenizer)[0]
}

test('a record has the text of each token, what code is for, and what was computed', () => {
  expect(recordOf(undefined)).toMatchObject({
    pieces: [['q'], ['', 'é', '!'], ['4', '2']],
    purposes: ['verification'],
    tokenValues: { entropies: [0, 1, 2, 3, 0, 0] },
    reward: { total: 1, parts: {}, correct: true },
  })
  expect(recordOf(undefined)).not.toHaveProperty('verdict')
})

test('the verdict says what came of the answer, and who said so', () => {
  const verdict = (correct: boolean, score: number, by: 'exact' | 'grader' | 'own' | 'nothing') =>
    recordOf({ answer: '42', judgement: { correct, score, by } })?.verdict
  expect(verdict(true, 1, 'exact')).toBe('right, by exact arithmetic')
  expect(verdict(false, 0.25, 'grader')).toBe('wrong, worth 0.25, by the grader')
  expect(verdict(false, 0, 'own')).toBe("wrong, by the recipe's judge")
  expect(verdict(false, 0, 'nothing')).toBe('no answer was found')
  expect(
    recordOf({ answer: '42', judgement: { correct: true, score: 1, by: 'own' } }),
  ).toMatchObject({ answer: '42' })
})
