// SandboxFusion's /run_code over our sandbox, so that recipes written for it need only the address.

import { UserError } from '../../base/errors.ts'
import { checkedLimit } from '../limits.ts'
import { shownOutput } from '../model-text.ts'
import { checkedPaths } from '../program.ts'
import type { Execution, Program } from '../sandbox.ts'
import { decodedFiles, type RunCodeRequest } from './request-schema.ts'

type RunStatus = 'Finished' | 'Error' | 'TimeLimitExceeded'

export interface RunCodeResponse {
  readonly status: 'Success' | 'Failed' | 'SandboxError'
  readonly message: string
  readonly compile_result: null
  readonly run_result: {
    readonly status: RunStatus
    readonly execution_time: number
    readonly return_code: number | null
    readonly stdout: string
    readonly stderr: string
  } | null
  readonly executor_pod_name: null
  readonly files: Readonly<Record<string, string>>
}

const defaultRunSeconds = 10
/** SandboxFusion's word for it. */
const noLimit = -1

/** Throws UserError for what this server does not run. `run_timeout` is in seconds. */
export function runCodeProgram(request: RunCodeRequest): Program {
  const { language, stdin, files, fetch_files } = request
  if (language !== 'python') {
    throw new UserError(`language: expected python, got ${JSON.stringify(language)}`)
  }
  return {
    code: request.code,
    ...(typeof stdin === 'string' && { stdin }),
    ...(files && { files: decodedFiles(files) }),
    ...(fetch_files && { fetchFiles: checkedPaths('fetch_files', fetch_files) }),
    limits: {
      timeoutMs: milliseconds('run_timeout', request.run_timeout ?? defaultRunSeconds),
      ...memoryLimit(request.memory_limit_MB ?? noLimit),
    },
  }
}

function milliseconds(field: string, seconds: number): number {
  if (seconds > 0 && seconds <= 3_600) return Math.ceil(seconds * 1000)
  throw new UserError(`${field}: expected more than 0 and at most 3600 seconds, got ${seconds}`)
}

/** Where SandboxFusion has no limit, the server's own holds. */
function memoryLimit(asked: number): { memoryMb?: number } {
  if (asked === noLimit) return {}
  return { memoryMb: checkedLimit('memoryMb', asked, 'memory_limit_MB') }
}

export function runCodeResponse(execution: Execution): RunCodeResponse {
  const { status, stdout, output } = execution
  const finished = status === 'ok' || status === 'error' || status === 'exit' || status === 'signal'
  return {
    status: status === 'ok' ? 'Success' : 'Failed',
    message: '',
    compile_result: null,
    run_result: {
      status: status === 'timeout' ? 'TimeLimitExceeded' : finished ? 'Finished' : 'Error',
      execution_time: execution.durationMs / 1000,
      return_code: execution.exitCode ?? (finished ? -signalNumber(execution) : null),
      stdout,
      // Both streams come in their true order in stdout; here is what ended the program.
      stderr: status === 'ok' ? '' : output.slice(shownOutput(stdout).length).trimStart(),
    },
    executor_pod_name: null,
    files: execution.files ?? {},
  }
}

function signalNumber({ signal }: Execution): number {
  const numbers: Readonly<Record<string, number>> = { SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11 }
  return numbers[signal ?? ''] ?? 1
}
