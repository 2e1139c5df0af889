// What a writer plans before anything has run: thought and code in turn, then a closing that may
// quote what the programs printed.

import type { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'

/** One snippet and the words before it. */
export interface ScriptStep {
  readonly thought: string
  readonly code: string
  /** How it is meant to end: `error` only where an error and its correction are shown. */
  readonly expected: 'ok' | 'error'
}

/** The words after the last output, and the answer. */
export interface Closing {
  readonly thought: string
  readonly answer: string
}

export interface Script {
  /** In the order of running; empty in a demonstration by text alone. */
  readonly steps: readonly ScriptStep[]
  /** From the outputs of all steps, in order, to the end; null where they allow no answer. */
  readonly close: (outputs: readonly string[]) => Closing | null
}

export type Written =
  | { readonly kind: 'script'; readonly script: Script }
  /** The rule does not know how; the reason goes into the report. */
  | { readonly kind: 'refused'; readonly reason: string }

/** A writer by rule: the same problem and stream give the same script. */
export type Writer = (problem: Problem, stream: RandomStream) => Written
