// A demonstration as text: what was said, what was run, what came back. Protocol and tokenizer
// come later, so that one set of demonstrations serves any model and any spelling of calls.

import type { Problem } from '../data/problem.ts'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'

/** One call: the words before it, the call, and what the tool really replied. */
export interface DemonstrationTurn {
  readonly thought: string
  readonly call: ToolCall
  readonly output: ToolOutput
}

export interface Demonstration {
  readonly id: string
  readonly problem: Problem
  /** Who wrote it: a rule's name or `teacher:<model>`. */
  readonly writer: string
  readonly turns: readonly DemonstrationTurn[]
  readonly closing: { readonly thought: string; readonly answer: string }
}
