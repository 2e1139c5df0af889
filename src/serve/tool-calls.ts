// Calls in what a model wrote, in OpenAI's form.

import { randomUUID } from 'node:crypto'
import { callClose, callOpen } from '../tool/hermes-tools.ts'

export interface OpenAiCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** All calls of the text, or undefined where it has none or one that cannot be read. */
export function readCalls(text: string): readonly OpenAiCall[] | undefined {
  const blocks = text.split(callOpen).slice(1)
  const calls = blocks.map((block) => readCall(block.split(callClose)[0] ?? ''))
  return calls.length > 0 && calls.every((call) => call !== undefined) ? calls : undefined
}

function readCall(body: string): OpenAiCall | undefined {
  try {
    const value = JSON.parse(body) as { name?: unknown; arguments?: unknown } | null
    if (typeof value?.name !== 'string') return undefined
    const values = JSON.stringify(value.arguments ?? {})
    return {
      id: `call_${randomUUID()}`,
      type: 'function',
      function: { name: value.name, arguments: values },
    }
  } catch {
    return undefined
  }
}
