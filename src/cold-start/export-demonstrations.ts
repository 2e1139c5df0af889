// Demonstrations as others read them: the released ReTool-SFT shape, OpenAI messages, Parquet.

import type { SchemaElement } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Tool, ToolProtocol } from '../tool/tool.ts'
import { declarationOf } from '../tool/tool.ts'
import type { Demonstration } from './demonstration.ts'
import { policyTexts } from './encode-demonstration.ts'

/** One user message with the protocol's instructions, one assistant message with everything else. */
export interface SftRow {
  readonly messages: readonly [
    { readonly content: string; readonly role: 'user' },
    { readonly content: string; readonly role: 'assistant' },
  ]
}

/** A row of the released ReTool-SFT set: the interpreter's output stands in the assistant's text. */
export function sftRow(
  demonstration: Demonstration,
  protocol: ToolProtocol,
  tools: readonly Tool[],
): SftRow {
  const [first] = protocol.messages(demonstration.problem.question, tools)
  const texts = policyTexts(demonstration, protocol)
  const content = texts
    .map((text, index) => {
      const output = demonstration.turns[index]?.output.text
      const told = output === undefined ? [] : protocol.renderOutput(output)
      return text + told.map((piece) => piece.text).join('')
    })
    .join('')
  return {
    messages: [
      { content: first?.content ?? demonstration.problem.question, role: 'user' },
      { content, role: 'assistant' },
    ],
  }
}

/** A row for fine-tuning interfaces that take OpenAI messages with tool calls. */
export interface OpenAiRow {
  readonly messages: readonly Readonly<Record<string, unknown>>[]
  readonly tools: readonly unknown[]
}

/** Calls become `tool_calls`, outputs messages of the role `tool`; no protocol is spelled. */
export function openAiRow(demonstration: Demonstration, tools: readonly Tool[]): OpenAiRow {
  const { problem, turns, closing } = demonstration
  const calls = turns.flatMap(({ thought, call, output }, index) => {
    const id = `call_${index + 1}`
    const spelled = { name: call.tool, arguments: JSON.stringify(call.arguments) }
    return [
      {
        role: 'assistant',
        content: thought,
        tool_calls: [{ id, type: 'function', function: spelled }],
      },
      { role: 'tool', tool_call_id: id, content: output.text },
    ]
  })
  const answer = `${closing.thought}\n\n\\boxed{${closing.answer}}`.trim()
  return {
    messages: [
      { role: 'user', content: problem.question },
      ...calls,
      { role: 'assistant', content: answer },
    ],
    tools: tools.map(declarationOf),
  }
}

/** A Parquet file with a `messages` column (a list of role and content, as trainers read it). */
export function parquetBytes(
  demonstrations: readonly Demonstration[],
  protocol: ToolProtocol,
  tools: readonly Tool[],
): Uint8Array {
  const text = (of: (demonstration: Demonstration) => string) => demonstrations.map(of)
  const columnData = [
    { name: 'messages', data: demonstrations.map((d) => sftRow(d, protocol, tools).messages) },
    { name: 'id', data: text(({ id }) => id) },
    { name: 'source', data: text(({ problem }) => problem.source) },
    { name: 'answer', data: text(({ problem }) => problem.answer) },
    { name: 'writer', data: text(({ writer }) => writer) },
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData, schema: parquetSchema }))
}

const string = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'REQUIRED',
})

const parquetSchema: SchemaElement[] = [
  { name: 'root', num_children: 5 },
  { name: 'messages', num_children: 1, converted_type: 'LIST', repetition_type: 'REQUIRED' },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', num_children: 2, repetition_type: 'REQUIRED' },
  string('content'),
  string('role'),
  string('id'),
  string('source'),
  string('answer'),
  string('writer'),
]
