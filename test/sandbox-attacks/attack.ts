// What a hostile program does and how a correct sandbox answers.

import type { ExecutionStatus } from '../../src/sandbox/sandbox.ts'

export interface Expected {
  readonly status: readonly ExecutionStatus[]
  readonly stdout?: RegExp
  /** Type of the uncaught exception. */
  readonly exception?: RegExp
  readonly signal?: string
}

export interface Attack extends Expected {
  readonly name: string
  readonly code: string
  readonly stdin?: string
  readonly timeoutMs?: number
  readonly memoryMb?: number
  /** Where the answer differs without namespaces. */
  readonly landlock?: Expected
}

export const ok = (stdout: RegExp): Expected => ({ status: ['ok'], stdout })
export const error = (exception: RegExp): Expected => ({ status: ['error'], exception })
export const refused = error(/PermissionError|OSError|BlockingIOError|ProcessLookupError/)
export const timeout: Expected = { status: ['timeout'] }
export const ended = (signal: string): Expected => ({ status: ['signal'], signal })

/** Calls the C library with ctypes and prints -1 and the error's name, or the result. */
export const systemCall = (call: string): string => `import ctypes, errno, os
c = ctypes.CDLL(None, use_errno=True)
r = c.${call}
print(r if r >= 0 else errno.errorcode[ctypes.get_errno()])`
