// Three servers on loopback, one killed, one frozen, one slow, while thousands of programs run: every
// answer must come once and be right. `npx tsx bench/sandbox-failover.ts [executions]`

import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSandbox } from '../src/sandbox/create-sandbox.ts'

const executions = Number(process.argv[2] ?? 10_000)
const inFlight = 48
const slownessMs = 150

/** A server of its own process; resolves with its address. */
async function startServer(): Promise<{ url: string; process: ChildProcess }> {
  const flags = ['sandbox', 'serve', '--port', '0', '--workers', '1']
  const server = spawn(process.execPath, ['bin/retool-rl.mjs', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout?.once('data', (text) => resolve(String(text).trim()))
    server.once('exit', (code) => reject(new Error(`server ended: ${code}`)))
  })
  return { url, process: server }
}

/** Passes requests on after a pause: a server that answers slowly. */
async function slowed(url: string): Promise<{ url: string; server: Server }> {
  const server = createServer((incoming, outgoing) => {
    setTimeout(() => {
      const { method = 'GET', headers } = incoming
      const passed = request(url + incoming.url, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      passed.on('error', () => outgoing.destroy())
      incoming.pipe(passed)
    }, slownessMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

const servers = await Promise.all([startServer(), startServer(), startServer()])
const [killed, frozen, steady] = servers
if (!killed || !frozen || !steady) throw new Error('three servers were asked for')
const slow = await slowed(steady.url)
const sandbox = await createSandbox({ servers: [killed.url, frozen.url, slow.url] })
let [begun, right, wrong, failed] = [0, 0, 0, 0]
const events: Readonly<Record<number, () => void>> = {
  [Math.floor(executions * 0.2)]: () => killed.process.kill('SIGKILL'),
  [Math.floor(executions * 0.4)]: () => frozen.process.kill('SIGSTOP'),
  [Math.floor(executions * 0.7)]: () => frozen.process.kill('SIGCONT'),
}
const started = performance.now()
await Promise.all(
  Array.from({ length: inFlight }, async () => {
    while (begun < executions) {
      const number = begun++
      events[number]?.()
      try {
        const { stdout } = await sandbox.execute({ code: `print(${number} * 7)` })
        if (stdout === `${number * 7}\n`) right++
        else wrong++
      } catch (error) {
        failed++
        console.error(error)
      }
    }
  }),
)
const seconds = (performance.now() - started) / 1000
console.log(`${executions} executions, ${right} right, ${wrong} wrong, ${failed} failed`)
console.log(`${(executions / seconds).toFixed(0)}/s over ${seconds.toFixed(0)} s`)
await sandbox.close()
slow.server.close()
slow.server.closeAllConnections()
for (const server of servers) server.process.kill('SIGTERM')
if (right !== executions) process.exitCode = 1
