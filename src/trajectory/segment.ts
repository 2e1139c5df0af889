// A segment is a run of tokens with one author. Laid end to end, the segments of a trajectory are
// exactly the tokens that the model saw.
//
//   context  <|im_start|>user ... What is 12*13? ... <|im_start|>assistant
//   policy   Let me compute. <code>print(12*13)</code>
//   tool     <interpreter>156</interpreter>
//   policy   <answer>\boxed{156}</answer>

import type { ToolCall, ToolOutput } from './call.ts'

/** A vocabulary index. */
export type TokenId = number

/** Given before the policy wrote: system text, question, template. */
export interface ContextSegment {
  readonly author: 'context'
  readonly tokens: readonly TokenId[]
}

/** What one completion wrote, its closing tags included. */
export interface PolicySegment {
  readonly author: 'policy'
  readonly tokens: readonly TokenId[]
  /**
   * Rollout log-probs, one per token, natural logarithm, of the distribution sampled from; null in
   * a demonstration, which nobody sampled.
   */
  readonly logprobs: readonly number[] | null
}

/** The output of one call as the policy sees it, tags and template included. */
export interface ToolSegment {
  readonly author: 'tool'
  readonly tokens: readonly TokenId[]
  readonly call: ToolCall
  readonly output: ToolOutput
}

/** A run of tokens with one author. */
export type Segment = ContextSegment | PolicySegment | ToolSegment

/** All tokens of the segments, end to end: what the model saw. */
export function tokensOf(segments: readonly Segment[]): TokenId[] {
  return segments.flatMap((segment) => segment.tokens)
}
