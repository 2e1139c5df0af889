// The two exceptions that people see. Everything else that is thrown is a defect of ours.

/**
 * A mistake that the person at the keyboard can mend: a wrong key, a missing file, a bad flag.
 * The message names the place, what was expected, what was found and the way out; the command
 * line prints it without a stack and ends with `exitCode` (2 for wrong use, 1 for the rest).
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  constructor(
    message: string,
    /** 2 for wrong use, 1 for the rest. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message)
  }
}

/**
 * Our own infrastructure failed: a lost worker, an overloaded pool, a dead helper. It never looks
 * like something that the model did; rollouts retry it and then mark the trajectory as failed.
 */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError'
  /** When to try again, where the other side says so. */
  readonly retryAfterMs: number | undefined
  constructor(
    /** Which failure, for counting and for deciding about a retry: `worker_lost`, `tool_server_lost`, ... */
    readonly kind: string,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options)
    this.retryAfterMs = options?.retryAfterMs
  }
}
