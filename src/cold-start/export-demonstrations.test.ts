import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import { openAiRow, parquetBytes, sftRow } from './export-demonstrations.ts'
import { demonstrationOf } from './problem.fixture.ts'
import { pythonTool } from './python-tool.fixture.ts'

test('the SFT shape is two messages with the output in the assistant text', () => {
  const { messages } = sftRow(demonstrationOf(), reToolProtocol, [pythonTool])
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  expect(messages[0].content).toContain('Natalia sold clips')
  expect(messages[1].content).toBe(
    'I need the clips in May first.\n<code>\n```python\nmay = 48 / 2\nprint(48 + may)\n```\n</code>\n<interpreter>\n72.0\n</interpreter>\nShe sold 72 clips.\n<answer>\n\\boxed{72}\n</answer>',
  )
})

test('the OpenAI shape has calls and tool messages that name each other', () => {
  const { messages, tools } = openAiRow(demonstrationOf(), [pythonTool])
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
  type Call = { id: string; function: { arguments: string } }
  const [call] = (messages[1]?.['tool_calls'] ?? []) as Call[]
  expect(messages[2]?.['tool_call_id']).toBe(call?.id)
  expect(JSON.parse(call?.function.arguments ?? '')).toEqual({
    code: 'may = 48 / 2\nprint(48 + may)',
  })
  expect(tools).toHaveLength(1)
})

test('Parquet comes back as it went in', async () => {
  const path = join(scratchFolder(), 'demonstrations.parquet')
  const demonstration = demonstrationOf()
  writeFileSync(path, parquetBytes([demonstration, demonstration], reToolProtocol, [pythonTool]))
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors })
  expect(rows).toHaveLength(2)
  expect(rows[1]).toMatchObject({ id: demonstration.id, source: 'gsm8k', answer: '72' })
  expect(rows[0]?.['messages']).toEqual(
    sftRow(demonstration, reToolProtocol, [pythonTool]).messages,
  )
})
