// What can be called, and how calls and outputs are spelled.

import type { ToolCall, ToolOutput } from '../trajectory/call.ts'

/** What a tool knows of the trajectory that calls it. */
export interface ToolContext {
  readonly trajectoryId: string
  /** Aborts when nobody waits for the output any more. */
  readonly signal: AbortSignal
}

/** Something the policy may call by writing text. */
export interface Tool {
  readonly name: string
  readonly description: string
  /** JSON Schema of the arguments, as chat templates print it. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Runs one call. Throws InfrastructureError when something of ours failed, and only then. */
  call(call: ToolCall, context: ToolContext): Promise<ToolOutput>
  /** Ends what the tool keeps for a trajectory (a session, say). */
  release?(trajectoryId: string): Promise<void>
  /** Ends all that it keeps; called by whoever made the tool. */
  close?(): Promise<void>
}

/** What a completion amounts to. */
export type Move =
  | { readonly kind: 'call'; readonly call: ToolCall }
  | { readonly kind: 'answer'; readonly text: string }
  /** A call that cannot be carried out; `told` is the short message that the model reads. */
  | { readonly kind: 'malformed'; readonly name: MalformedName; readonly told: string }
  /** The policy ended its text with neither. */
  | { readonly kind: 'none' }

export type MalformedName =
  | 'noFence'
  | 'unclosedTag'
  | 'badJson'
  | 'unknownTool'
  | 'wrongArguments'
  | 'severalCalls'

/**
 * A stretch of text by its origin. Only template text may spell special tokens: in text from
 * outside, `<|im_end|>` is ten ordinary characters.
 */
export interface TextPiece {
  readonly origin: 'template' | 'outside'
  readonly text: string
}

/**
 * How calls, outputs and answers are spelled: one object used by cold start, rollout, evaluation
 * and chat, so that they cannot disagree.
 */
export interface ToolProtocol {
  readonly name: string
  /** Chat messages of the first context, rendered through the model's own template. */
  messages(question: string, tools: readonly Tool[]): readonly ChatMessage[]
  /** What the template's own `tools` variable gets; undefined where `messages` says it all. */
  templateTools?(tools: readonly Tool[]): readonly ToolDeclaration[] | undefined
  /** Decoded text that pauses the policy for a call. */
  readonly stopStrings: readonly string[]
  /**
   * Whether outputs go on in the turn that the policy is writing (`same`), which an end-of-turn
   * token then closes for good, or into turns of their own after that token (`next`).
   */
  readonly outputTurn: 'same' | 'next'
  /** What a completion's text, cut after its stop, amounts to. */
  parse(text: string, tools: readonly Tool[]): Move
  /** A tool segment: tags and what follows them around an output or a told error. */
  renderOutput(output: string): readonly TextPiece[]
  /** The end of a policy segment that makes this call, its end-of-turn token included. */
  renderCall(call: ToolCall): string
  /** The end of a policy segment that gives this answer, likewise. */
  renderAnswer(answer: string): string
}

/** A type, not an interface, so that it passes for the open record that templates take. */
export type ChatMessage = {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string
}

/** A tool as chat templates and OpenAI-compatible interfaces print it. */
export interface ToolDeclaration {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description: string
    readonly parameters: Readonly<Record<string, unknown>>
  }
}

export function declarationOf(tool: Tool): ToolDeclaration {
  const { name, description, parameters } = tool
  return { type: 'function', function: { name, description, parameters } }
}
