// Serves the viewer: the page's files, the runs as JSON, and word of what changes.

import { randomBytes } from 'node:crypto'
import { type ServerType, serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { UserError } from '../base/errors.ts'
import { api } from './api.ts'
import { guard, isLoopback } from './guard.ts'
import { live } from './live.ts'
import { RunLibrary } from './run-library.ts'

export interface ViewOptions {
  /** Run folders, or folders that hold run folders. */
  readonly sources: readonly string[]
  /** Folder of the built page. */
  readonly page: string
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** For addresses that others can reach; made up where it is missing there. */
  readonly token?: string
}

export interface ViewServer {
  /** With the token where there is one. */
  readonly url: string
  close(): Promise<void>
}

export async function startViewServer(options: ViewOptions): Promise<ViewServer> {
  const token = isLoopback(options.host) ? null : (options.token ?? randomBytes(16).toString('hex'))
  const library = new RunLibrary(options.sources)
  const server = await listen(viewApp(library, options.page, token), options)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${port}/${token === null ? '' : `?token=${token}`}`,
    close: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      library[Symbol.dispose]()
    },
  }
}

function viewApp(library: RunLibrary, page: string, token: string | null): Hono {
  const app = new Hono()
  app.use(guard(token))
  app.route('/api', live(library))
  app.route('/api', api(library))
  app.all('/api/*', (context) => context.json({ error: 'no such address' }, 404))
  app.get('/*', serveStatic({ root: page }))
  app.onError((error, context) => context.json({ error: error.message }, 500))
  return app
}

function listen(app: Hono, { host, port }: ViewOptions): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(server))
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new UserError(
              `port ${port} of ${host} is taken; choose another with --port, or 0 for any`,
            )
          : error,
      )
    })
  })
}
