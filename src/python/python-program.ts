// What a helper program is and how it is asked.

export interface PythonProgram {
  /** Path of the .py file; see `packageFile`. */
  readonly script: string
  readonly arguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Defaults to `pythonExecutable()`, asked when the first process starts. */
  readonly executable?: string
}

export interface RequestOptions {
  /** Wall time for this request, counted from when the program gets it; the start of a process counts too. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}
