import { expect, test } from 'vitest'
import { responseMask } from './mask.ts'
import type { Segment } from './segment.ts'
import { tokensOf } from './segment.ts'

const call = { tool: 'interpreter', arguments: { code: 'print(1)' } }
const output = { text: '1', ok: true, status: 'ok', durationMs: 2 }

test('the mask is one exactly on what the policy wrote', () => {
  const segments: Segment[] = [
    { author: 'context', tokens: [1, 2] },
    { author: 'policy', tokens: [3, 4], logprobs: [-0.1, -0.2] },
    { author: 'tool', tokens: [5], call, output },
    { author: 'policy', tokens: [6], logprobs: null },
  ]
  expect(tokensOf(segments)).toEqual([1, 2, 3, 4, 5, 6])
  expect([...responseMask(segments)]).toEqual([0, 0, 1, 1, 0, 1])
  expect([...responseMask([])]).toEqual([])
})
