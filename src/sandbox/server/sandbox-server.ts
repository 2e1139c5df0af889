// Serves a sandbox over HTTP until it is closed; what runs then is finished first.

import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { UserError } from '../../base/errors.ts'
import { checkToken } from '../checked-options.ts'
import type { LocalPool } from '../local/local-pool.ts'
import { sandboxApp } from './sandbox-app.ts'

interface Address {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly token?: string | undefined
  /** Serves other machines without a token. */
  readonly noToken?: boolean
}

export interface ServerOptions extends Address {
  readonly pool: LocalPool
  readonly version: string
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])
const patienceMs = 60_000

export class SandboxServer {
  private constructor(
    readonly url: string,
    private readonly server: Server,
    private readonly stopping: AbortController,
  ) {}

  /** Throws UserError for an address that others reach when there is no token. */
  static checkAddress({ host, token, noToken }: Address): void {
    if (token !== undefined) checkToken('--token', token)
    if (loopback.has(host) || token !== undefined || noToken) return
    throw new UserError(
      `--host ${host}: other machines could run programs here; give --token TEXT, or --no-token to allow it`,
      2,
    )
  }

  /** The pool stays the caller's. */
  static async start(options: ServerOptions): Promise<SandboxServer> {
    const { host, port, token, pool, version } = options
    SandboxServer.checkAddress(options)
    const stopping = new AbortController()
    const app = sandboxApp({ pool, token, version, stopping: stopping.signal })
    const server = createServer(getRequestListener(app.fetch))
    server.keepAliveTimeout = 75_000
    await listening(server, host, port)
    const address = server.address()
    const bound = typeof address === 'object' && address ? address.port : port
    const shown = host.includes(':') ? `[${host}]` : host
    return new SandboxServer(`http://${shown}:${bound}`, server, stopping)
  }

  /** Accepts nothing new, lets what runs end within a minute, then closes. */
  async close(): Promise<void> {
    this.stopping.abort()
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    this.server.closeIdleConnections()
    const timer = setTimeout(() => this.server.closeAllConnections(), patienceMs)
    const idle = setInterval(() => this.server.closeIdleConnections(), 100)
    await closed
    clearTimeout(timer)
    clearInterval(idle)
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const exitCode = error.code === 'EADDRINUSE' ? 1 : 2
      reject(new UserError(`--host ${host} --port ${port}: ${error.message}`, exitCode))
    })
    server.listen(port, host, resolve)
  })
}
