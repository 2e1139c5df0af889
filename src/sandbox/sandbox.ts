// Runs a program. Its crash is a result; ours is an InfrastructureError.

/** Bounds on one program. Omitted ones take the defaults of `defaultLimits`. */
export interface Limits {
  /** Wall time of the run itself, counted from the program's start. */
  readonly timeoutMs: number
  /** Queue and run together; passing it while queued throws `overloaded`. */
  readonly deadlineMs: number
  /** Most memory, in MiB. */
  readonly memoryMb: number
}

/** What a sandbox runs: code, what it reads and the files around it. */
export interface Program {
  readonly code: string
  readonly stdin?: string
  /** Seeds random, numpy and sympy; without it they are seeded from the operating system. */
  readonly seed?: number
  readonly limits?: Partial<Limits>
  /** Files to find in the working folder, by relative path. Programs only, not cells of a session. */
  readonly files?: Readonly<Record<string, Uint8Array>>
  /** Relative paths of files to bring back when the program ended by itself. */
  readonly fetchFiles?: readonly string[]
}

/** How the program ended: all of it the program's doing. */
export type ExecutionStatus =
  | 'ok'
  | 'error'
  | 'exit'
  | 'signal'
  | 'timeout'
  | 'cpu_limit'
  | 'memory_limit'
  | 'output_limit'

/** The isolation that really ran, strongest first. */
export type Tier = 'ns-root' | 'ns-user' | 'landlock' | 'unsafe'

/** What a program did. */
export interface Execution {
  readonly status: ExecutionStatus
  /** The text that the model reads: output, trimmed error, one-line notes. */
  readonly output: string
  /** What the program printed, standard output and error in true order. */
  readonly stdout: string
  /** The uncaught exception, where one ended the program. */
  readonly exception: { readonly type: string; readonly message: string } | null
  /** Null where a signal ended it. */
  readonly exitCode: number | null
  /** Such as `SIGSEGV`; null where none ended it. */
  readonly signal: string | null
  /** Of `stdout`; null where all of it was kept. */
  readonly truncated: { readonly bytesTotal: number; readonly bytesKept: number } | null
  /** Wall time of the run, without the queue. */
  readonly durationMs: number
  /** Wall time before it began. */
  readonly queueMs: number
  readonly cpuMs: number
  readonly peakMemoryBytes: number
  readonly tier: Tier
  /** What `fetchFiles` asked for and was there, in base64; absent when nothing was asked for. */
  readonly files?: Readonly<Record<string, string>>
}

/** A conversation with one interpreter: variables live between cells. */
export interface SandboxSession {
  /** Closed by you, idle for too long, out of cells or lost: no cell will run any more. */
  readonly ended?: boolean
  execute(program: Program, signal?: AbortSignal): Promise<Execution>
  close(): Promise<void>
}

/**
 * A pool of interpreters. Every promise settles. Failures of ours are thrown as InfrastructureError
 * with the kinds `overloaded`, `worker_lost`, `session_lost`, `sandbox_error`, `cancelled`.
 */
export interface Sandbox {
  readonly tier: Tier
  /** Runs one program in a fresh interpreter. */
  execute(program: Program, signal?: AbortSignal): Promise<Execution>
  /** Opens a conversation whose variables live on between cells. */
  session(): Promise<SandboxSession>
  /** Ends the workers; what is running is cancelled. */
  close(): Promise<void>
}
