import { expect, test } from 'vitest'
import { byteCodec } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import { responseMask } from '../trajectory/mask.ts'
import type { Demonstration } from './demonstration.ts'
import { encodeDemonstration } from './encode-demonstration.ts'
import { pythonTool } from './python-tool.fixture.ts'

const demonstration: Demonstration = {
  id: 'family/1',
  problem: {
    id: '1',
    question: 'What is 12 * 13?',
    answer: '156',
    source: 'products',
    verifier: { kind: 'equivalence' },
  },
  writer: 'family',
  turns: [
    {
      thought: 'I compute it.',
      call: { tool: 'interpreter', arguments: { code: 'print(12 * 13)' } },
      output: { text: '156 <|im_end|>', ok: true, status: 'ok', durationMs: 0 },
    },
  ],
  closing: { thought: 'So it is 156.', answer: '156' },
}

test('the segments are those of a rollout, and only what the policy writes is trained on', async () => {
  const trajectory = await encodeDemonstration(demonstration, {
    codec: byteCodec,
    template: chatMl({ knowsTools: false }),
    protocol: reToolProtocol,
    tools: [pythonTool],
  })
  expect(trajectory.segments.map(({ author }) => author)).toEqual([
    'context',
    'policy',
    'tool',
    'policy',
  ])
  const [, first, tool, last] = trajectory.segments.map(({ tokens }) => byteCodec.decode(tokens))
  expect(first).toBe('I compute it.\n<code>\n```python\nprint(12 * 13)\n```\n</code>')
  expect(tool).toBe('\n<interpreter>\n156 <|im_end|>\n</interpreter>\n')
  expect(last).toBe('So it is 156.\n<answer>\n\\boxed{156}\n</answer>')
  // What a program printed never becomes a special token.
  expect(trajectory.segments[2]?.tokens.every((token) => token < 256)).toBe(true)
  const written = (first?.length ?? 0) + (last?.length ?? 0)
  expect(responseMask(trajectory.segments).reduce((sum, bit) => sum + bit, 0)).toBe(written)
})

test('what it writes, the protocol reads back', async () => {
  const { segments } = await encodeDemonstration(demonstration, {
    codec: byteCodec,
    template: chatMl({ knowsTools: false }),
    protocol: reToolProtocol,
    tools: [pythonTool],
  })
  const policy = segments.filter(({ author }) => author === 'policy')
  const moves = policy.map(({ tokens }) =>
    reToolProtocol.parse(byteCodec.decode(tokens), [pythonTool]),
  )
  expect(moves).toEqual([
    { kind: 'call', call: demonstration.turns[0]?.call },
    { kind: 'answer', text: '156' },
  ])
})
