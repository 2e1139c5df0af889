// A request to a tool and its reply, as values.

/** What the policy asked for. The interpreter's only argument is `code`. */
export interface ToolCall {
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/**
 * What the tool replied. `ok` is false when the program or the function failed, which is a result
 * like any other: a failure of ours is never a ToolOutput.
 */
export interface ToolOutput {
  /** The text that the policy reads, before the protocol puts its tags around it. */
  readonly text: string
  readonly ok: boolean
  /** How the call ended, in the tool's own words: `ok`, `error`, `timeout`, `malformed`, ... */
  readonly status: string
  /** Milliseconds from the call to the reply. */
  readonly durationMs: number
  /** What the tool wants to keep for viewers and metrics; plain JSON. */
  readonly details?: Readonly<Record<string, unknown>>
}
