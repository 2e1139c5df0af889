// `retool-rl view`: serves the viewer until Ctrl-C.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { UserError } from '../base/errors.ts'
import { withExamples } from './example.ts'

interface Options {
  readonly root: string
  readonly host: string
  readonly port: string
  readonly token?: string
}

export function addViewCommand(program: Command): void {
  const command = program
    .command('view [run...]')
    .description('curves, comparisons and every token of every trajectory, in the browser')
    .option('--root <folder>', 'folder that holds the runs', 'runs')
    .option(
      '--host <address>',
      'address to serve on; one that others reach needs a token',
      '127.0.0.1',
    )
    .option('--port <number>', 'port; 0 takes a free one', '6006')
    .option('--token <text>', 'token for other addresses; made up where it is missing')
    .action(view)
  withExamples(command, 'retool-rl view', 'retool-rl view tiny-1 tiny-2 --port 0')
}

async function view(names: string[], options: Options): Promise<void> {
  const port = portOf(options.port)
  const { findRun } = await import('../run/find-run.ts')
  const { pageFiles } = await import('../view/page-files.ts')
  const { startViewServer } = await import('../view/server.ts')
  const sources =
    names.length === 0 ? [options.root] : names.map((name) => findRun(options.root, name))
  const server = await startViewServer({
    sources,
    page: await pageFiles((message) => process.stderr.write(`${message}\n`)),
    host: options.host,
    port,
    ...(options.token !== undefined && { token: options.token }),
  })
  process.stderr.write(`showing ${sources.map((source) => resolve(source)).join(', ')}\n`)
  process.stdout.write(`${server.url}\n`)
  await new Promise<void>((stop) => process.once('SIGINT', stop).once('SIGTERM', stop))
  await server.close()
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new UserError(`--port: expected a number from 0 to 65535, found ${text}`, 2)
}
