// What an evaluation keeps of one attempt: small and plain, so that the account of many thousand
// attempts stays small.

import type { CodePurpose } from './code-purpose.ts'
import { codePurpose } from './code-purpose.ts'

/** A stretch of a response with its author, as text. */
export type ResponsePart =
  | { readonly author: 'policy'; readonly text: string }
  | {
      readonly author: 'tool'
      readonly text: string
      /** The code of the call; null for a call that was not one. */
      readonly code: string | null
      readonly ok: boolean
    }

/** One snippet that ran. */
export interface Snippet {
  /** Lines that are not blank. */
  readonly lines: number
  readonly ok: boolean
  /** Where its code starts in the response, from 0 to 1, in characters. */
  readonly startsAt: number
  readonly purpose: CodePurpose
}

export interface AttemptRecord {
  readonly problemId: string
  /** Data set or family of the problem. */
  readonly source: string
  /** Which attempt at the problem, from 0. */
  readonly index: number
  /** Null where nobody judged it: such an attempt is in no statistic. */
  readonly correct: boolean | null
  readonly answer: string | null
  /** Why it ended: `answered`, `ended`, `limit turns`, `malformed noFence`, `failed`, ... */
  readonly stop: string
  /** Tokens after the first context; null where the tokens are not known. */
  readonly tokens: number | null
  readonly turns: number
  readonly snippets: readonly Snippet[]
}

/** The snippets of a response, in order. */
export function snippetsOf(parts: readonly ResponsePart[]): readonly Snippet[] {
  const length = parts.reduce((sum, part) => sum + part.text.length, 0)
  const snippets: Snippet[] = []
  let before = 0
  let writing = ''
  for (const part of parts) {
    if (part.author === 'policy') writing += part.text
    else {
      if (part.code !== null) {
        const found = writing.lastIndexOf(part.code.trim())
        const start = found >= 0 ? found : Math.max(0, writing.length - part.code.length)
        snippets.push({
          lines: part.code.split('\n').filter((line) => line.trim() !== '').length,
          ok: part.ok,
          startsAt: (before + start) / Math.max(1, length),
          purpose: codePurpose(part.code),
        })
      }
      before += writing.length + part.text.length
      writing = ''
    }
  }
  return snippets
}

/** Whether a snippet failed and a later one of the same attempt ran. */
export function correctedItself(snippets: readonly Snippet[]): boolean {
  const firstError = snippets.findIndex(({ ok }) => !ok)
  return firstError >= 0 && snippets.slice(firstError).some(({ ok }) => ok)
}
