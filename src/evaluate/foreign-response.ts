// Responses that other programs wrote down: which columns hold what, and which stretches are code
// and its output.

import { finalAnswer } from '../data/final-answer.ts'
import type { ResponsePart } from './attempt-record.ts'

/** A response as text. */
export interface ForeignResponse {
  readonly parts: readonly ResponsePart[]
  /** The last stretch of the policy, where the answer stands. */
  readonly ending: string
}

/** A row with a reference answer and one or more responses. */
export interface ForeignRow {
  readonly question: string
  readonly reference: string
  readonly source: string | null
  readonly responses: readonly ForeignResponse[]
}

const questionColumns = ['question', 'problem', 'prompt', 'query', 'input']
const referenceColumns = [
  'answer',
  'reference',
  'ground_truth',
  'gold',
  'target',
  'label',
  'expected',
]
const responseColumns = [
  'response',
  'responses',
  'completion',
  'completions',
  'generation',
  'generations',
  'prediction',
  'predictions',
  'output',
  'outputs',
  'text',
  'messages',
]

/** The row's parts, or the name of what it lacks. */
export function foreignRow(
  values: Readonly<Record<string, unknown>>,
): ForeignRow | 'reference answer' | 'response' {
  const pick = (names: readonly string[]) =>
    names.map((name) => values[name]).find((value) => value !== undefined && value !== null)
  const reference = pick(referenceColumns)
  if (typeof reference !== 'string' && typeof reference !== 'number') return 'reference answer'
  const responses = responsesOf(pick(responseColumns))
  if (responses.length === 0) return 'response'
  const question = pick(questionColumns)
  const { source } = values
  return {
    question: typeof question === 'string' ? question : firstUserMessage(values['messages']),
    reference: referenceOf(String(reference)),
    source: typeof source === 'string' ? source : null,
    responses,
  }
}

/** A worked solution stands for its answer. */
function referenceOf(text: string): string {
  const form = /####/.test(text) ? 'hashes' : /\\boxed\{/.test(text) ? 'boxed' : 'plain'
  return finalAnswer(text, form) ?? text
}

interface Message {
  readonly role?: unknown
  readonly content?: unknown
  readonly tool_calls?: unknown
  readonly tool_call_id?: unknown
}

function responsesOf(value: unknown): readonly ForeignResponse[] {
  if (typeof value === 'string') return [responseOfText(value)]
  if (!Array.isArray(value) || value.length === 0) return []
  if (value.every((entry) => typeof entry === 'string')) return value.map(responseOfText)
  if (value.every(isMessage)) return [responseOfMessages(value)]
  return value.flatMap((entry) => responsesOf(entry))
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'role' in value
}

function firstUserMessage(messages: unknown): string {
  if (!Array.isArray(messages)) return ''
  const user = messages.filter(isMessage).find(({ role }) => role === 'user')
  return typeof user?.content === 'string' ? user.content : ''
}

const block =
  /<code>\s*```(?:python)?[ \t]*\n([\s\S]*?)```\s*<\/code>(?:\s*<interpreter>([\s\S]*?)<\/interpreter>)?|```python[ \t]*\n([\s\S]*?)```\s*```output[ \t]*\n([\s\S]*?)```/g

/**
 * Code in the paper's tags with the interpreter's reply, or fenced Python followed by fenced
 * output. A snippet without a reply did not run: it counts as failed.
 */
export function responseOfText(text: string): ForeignResponse {
  const parts: ResponsePart[] = []
  let end = 0
  for (const match of text.matchAll(block)) {
    const code = (match[1] ?? match[3] ?? '').trim()
    const reply = match[2] ?? match[4]
    const replyStart = match[0].search(/<interpreter>|```output/)
    const codeEnd = match.index + (replyStart < 0 ? match[0].length : replyStart)
    parts.push({ author: 'policy', text: text.slice(end, codeEnd) })
    end = match.index + match[0].length
    const ok = reply !== undefined && !looksFailed(reply)
    parts.push({ author: 'tool', text: text.slice(codeEnd, end), code, ok })
  }
  const ending = text.slice(end)
  return { parts: [...parts, { author: 'policy', text: ending }], ending }
}

/** OpenAI messages; calls whose arguments have `code` are snippets. */
function responseOfMessages(messages: readonly Message[]): ForeignResponse {
  const parts: ResponsePart[] = []
  let ending = ''
  let calls: readonly ForeignCall[] = []
  for (const { role, content, tool_calls, tool_call_id } of messages) {
    const text = typeof content === 'string' ? content : ''
    if (role === 'assistant') {
      calls = callsOf(tool_calls)
      const inText = calls.length === 0 ? responseOfText(text) : null
      const spelled = [text, ...calls.map(({ code }) => code ?? '')].join('')
      parts.push(...(inText?.parts ?? [{ author: 'policy', text: spelled } as const]))
      ending = inText?.ending ?? ''
    } else if (role === 'tool') {
      const call = calls.find(({ id }) => id === tool_call_id) ?? calls[0]
      parts.push({ author: 'tool', text, code: call?.code ?? null, ok: !looksFailed(text) })
    }
  }
  return { parts, ending }
}

interface ForeignCall {
  readonly id: unknown
  /** Null for a call that runs no code. */
  readonly code: string | null
}

function callsOf(calls: unknown): readonly ForeignCall[] {
  if (!Array.isArray(calls)) return []
  return calls.map((call) => ({ id: call?.id, code: codeOf(call?.function?.arguments) }))
}

function codeOf(given: unknown): string | null {
  try {
    const values = typeof given === 'string' ? JSON.parse(given) : given
    return typeof values?.code === 'string' ? values.code : null
  } catch {
    return null
  }
}

/** Python's own words for a program that failed. */
function looksFailed(output: string): boolean {
  const last = output.trim().split('\n').at(-1) ?? ''
  return (
    /^Traceback \(most recent call last\)/m.test(output) ||
    /^[\w.]*(?:Error|Exception|Timeout)\b/i.test(last.trim())
  )
}
