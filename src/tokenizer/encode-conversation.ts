// A conversation to token ids: what the template writes may be special tokens, what people and
// tools wrote may not.
//
// Where no message spells an added token, the ids are those of the rendered text. Where one does,
// the spelling is broken by a mark before rendering, the text is cut at the added tokens that are
// left, which only the template can have written, and the pieces between are encoded as text from
// outside with the mark taken out again. The library cuts in the same places, so that all other
// ids stay the same.

import {
  type ChatMessage,
  renderTemplate,
  type TemplateOptions,
  templateTokens,
} from './chat-template.ts'
import type { Tokenizer } from './tokenizer.ts'

export async function encodeConversation(
  tokenizer: Tokenizer,
  template: string,
  messages: readonly ChatMessage[],
  options: TemplateOptions = {},
): Promise<number[]> {
  const mark = unusedMark([messages, options.tools ?? []])
  const guard = guardOf(tokenizer, mark)
  const guardedMessages = messages.map((message) => guard.message(message))
  const guarded = renderTemplate(template, guardedMessages, {
    ...templateTokens(tokenizer),
    ...options,
    ...(options.tools ? { tools: options.tools.map((tool) => guard.any(tool, true)) } : {}),
  })
  if (!guarded.includes(mark)) return tokenizer.encode(guarded)
  const pieces = guarded.split(addedTokenPattern(tokenizer))
  const ids: number[] = []
  for (const piece of pieces) {
    const added = tokenizer.vocabulary.added.get(piece)
    if (added !== undefined) ids.push(added)
    else if (piece) ids.push(...(await tokenizer.encodeOutside(piece.replaceAll(mark, ''))))
  }
  return ids
}

/** A text of two noncharacters with a number between that none of the values contains. */
function unusedMark(values: readonly unknown[]): string {
  const text = JSON.stringify(values)
  for (let number = 0; ; number++) {
    const mark = `\uFDD0${number}\uFDD1`
    if (!text.includes(mark)) return mark
  }
}

/**
 * Breaks the spelling of added tokens in every text of a value. In the assistant's own messages only
 * control tokens are broken: tags such as <think> are the assistant's to write, and templates look
 * for them.
 */
function guardOf(tokenizer: Tokenizer, mark: string) {
  const { added, special } = tokenizer.vocabulary
  const all = spellingPattern([...added.keys()])
  const control = spellingPattern([...added].filter(([, id]) => special.has(id)).map(([t]) => t))
  const any = (value: unknown, everyTag: boolean): unknown => {
    if (typeof value === 'string') return value.replace(everyTag ? all : control, `$&${mark}`)
    if (Array.isArray(value)) return value.map((entry) => any(entry, everyTag))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [any(key, everyTag), any(entry, everyTag)]),
    )
  }
  const message = (given: ChatMessage): ChatMessage => ({
    ...(any(given, given.role !== 'assistant') as Record<string, unknown>),
    role: String(any(given.role, true)),
  })
  return { any, message }
}

/** Matches the first code unit of every spelling, overlapping ones too. */
function spellingPattern(contents: readonly string[]): RegExp {
  if (contents.length === 0) return /(?!)/g
  return new RegExp(`(?=${contents.map(escapeRegExp).join('|')})[^]`, 'g')
}

/** Splits at added tokens and keeps them; the longest wins where several begin. */
function addedTokenPattern(tokenizer: Tokenizer): RegExp {
  const contents = [...tokenizer.vocabulary.added.keys()].sort((a, b) => b.length - a.length)
  return new RegExp(`(${contents.map(escapeRegExp).join('|')})`)
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
