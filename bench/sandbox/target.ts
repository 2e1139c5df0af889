// What is measured: our pool in this process, our server and SandboxFusion over HTTP.

import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, request } from 'undici'
import { createSandbox } from '../../src/sandbox/create-sandbox.ts'
import { onAbort } from '../../src/sandbox/on-abort.ts'

export interface Target {
  readonly name: string
  /** What the program printed; rejects when the target failed. */
  run(code: string, timeoutSeconds: number, signal?: AbortSignal): Promise<string>
  close(): Promise<void>
}

export async function inProcess(python: string | undefined): Promise<Target> {
  const sandbox = await createSandbox(python === undefined ? {} : { python })
  return {
    name: 'ours, in process',
    run: async (code, timeoutSeconds, signal) => {
      const limits = { timeoutMs: timeoutSeconds * 1000 }
      return (await sandbox.execute({ code, limits }, signal)).stdout
    },
    close: () => sandbox.close(),
  }
}

/** Our server in a process of its own, asked as SandboxFusion is asked. */
export async function ourServer(
  python: string | undefined,
): Promise<Target & { readonly process: ChildProcess }> {
  const interpreter = python === undefined ? [] : ['--python', python]
  const flags = ['bin/retool-rl.mjs', 'sandbox', 'serve', '--port', '0', ...interpreter]
  const server = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout?.once('data', (text) => resolve(String(text).trim()))
    server.once('exit', (code) => reject(new Error(`the server ended: ${code}`)))
  })
  const { run, close } = overHttp('ours, HTTP', url)
  const end = async () => {
    await close()
    const gone = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGTERM')
    await gone
  }
  return { name: 'ours, HTTP', run, close: end, process: server }
}

/** Anything that speaks /run_code. */
export function overHttp(name: string, url: string): Target {
  const dispatcher = new Agent({ connections: 512, headersTimeout: 0, bodyTimeout: 0 })
  return {
    name,
    run: async (code, timeoutSeconds, signal) => {
      const body = JSON.stringify({ code, language: 'python', run_timeout: timeoutSeconds })
      const headers = { 'content-type': 'application/json' }
      const own = new AbortController() // one signal for many requests would gather a listener of each
      const forget = signal && onAbort(signal, () => own.abort())
      try {
        const options = { method: 'POST', dispatcher, headers, body, signal: own.signal } as const
        const answer = await request(`${url}/run_code`, options)
        const result = (await answer.body.json()) as { run_result?: { stdout?: string } }
        if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`)
        return result.run_result?.stdout ?? ''
      } finally {
        forget?.()
      }
    },
    close: () => dispatcher.destroy(),
  }
}
