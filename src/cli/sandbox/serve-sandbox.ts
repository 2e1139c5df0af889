// Serves the sandbox until Ctrl-C, then lets what runs end.

import { readFileSync } from 'node:fs'
import { UserError } from '../../base/errors.ts'
import { packageFile } from '../../base/package-root.ts'
import { startLocalPool } from '../../sandbox/create-sandbox.ts'
import { SandboxServer } from '../../sandbox/server/sandbox-server.ts'
import { Interrupt } from '../interrupt.ts'
import { asFlag, limitFlag, moduleNames, tierFlag, wholeNumber, wrongUse } from './sandbox-flags.ts'

type ServeOptions = Readonly<Record<string, string | boolean>>

const highestPort = 65_535

export async function serveSandbox(options: ServeOptions): Promise<void> {
  using interrupt = new Interrupt('letting what runs end; Ctrl-C again ends at once')
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined)
  const address = {
    host: text('host') ?? '127.0.0.1',
    port: portFlag(text('port') ?? ''),
    token: text('token'),
    noToken: options['token'] === false,
    version: version(),
  }
  wrongUse(() => SandboxServer.checkAddress(address))
  const { tier, python, preload, workers } = Object.fromEntries(
    ['tier', 'python', 'preload', 'workers'].map((name) => [name, text(name)]),
  )
  const pool = await startLocalPool({
    ...(tier !== undefined && { tier: tierFlag(tier) }),
    ...(python !== undefined && { python }),
    ...(preload !== undefined && { preload: moduleNames(preload) }),
    ...(workers !== undefined && { workers: wholeNumber('--workers', workers) }),
    slots: wholeNumber('--slots', text('slots') ?? ''),
    queueLength: wholeNumber('--queue', text('queue') ?? '', 0),
    onWorkerLost: (why) => process.stderr.write(`${why}; another one is started\n`),
    limits: { memoryMb: limitFlag('memoryMb', '--memory-mb', text('memoryMb') ?? '') },
  }).catch((error) => {
    throw asFlag(error)
  })
  try {
    const server = await SandboxServer.start({ pool, ...address })
    process.stderr.write(`sandbox at tier ${pool.tier}, ${pool.state.workers} workers\n`)
    process.stdout.write(`${server.url}\n`)
    await aborted(interrupt.signal)
    await server.close()
  } finally {
    await pool.close()
  }
}

function portFlag(text: string): number {
  const port = wholeNumber('--port', text, 0)
  if (port <= highestPort) return port
  throw new UserError(`--port: expected a whole number from 0 to ${highestPort}, got ${text}`, 2)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function version(): string {
  return JSON.parse(readFileSync(packageFile('package.json'), 'utf8')).version
}
