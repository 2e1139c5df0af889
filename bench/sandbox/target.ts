// What is measured: our pool in this process, our server and SandboxFusion over HTTP.

import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
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

/** Anything that speaks /run_code, asked by as little of a client as will do. */
export function overHttp(name: string, url: string): Target {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const address = `${url}/run_code`
  return {
    name,
    run: async (code, timeoutSeconds, signal) => {
      const body = JSON.stringify({ code, language: 'python', run_timeout: timeoutSeconds })
      const { status, text } = await post(address, body, agent, signal)
      if (status !== 200) throw new Error(`status ${status}`)
      const result = JSON.parse(text) as { run_result?: { stdout?: string } }
      return result.run_result?.stdout ?? ''
    },
    close: async () => agent.destroy(),
  }
}

interface Reply {
  readonly status: number | undefined
  readonly text: string
}

function post(url: string, body: string, agent: Agent, signal?: AbortSignal): Promise<Reply> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject)
      answer.once('end', () =>
        resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }),
      )
    })
    // Not the request's own option: one signal for many requests would gather a listener of each.
    const forget = signal && onAbort(signal, () => asked.destroy(new Error('given up')))
    asked.once('error', reject).once('close', () => forget?.())
    asked.end(body)
  })
}
