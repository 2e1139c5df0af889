// `retool-rl view`: serves the viewer until Ctrl-C.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { UserError } from '../base/errors.ts'
import { findRun } from '../run/find-run.ts'
import { pageFiles } from '../view/page-files.ts'
import { startViewServer } from '../view/server.ts'

interface Options {
  readonly root: string
  readonly host: string
  readonly port: string
  readonly token?: string
}

export function addViewCommand(program: Command): void {
  program
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
    .addHelpText('after', '\nExample:\n  retool-rl view tiny-1 tiny-2')
    .action(async (names: string[], options: Options) => {
      const port = Number(options.port)
      if (!Number.isInteger(port) || port < 0 || port > 65_535) {
        throw new UserError(`--port: expected a number from 0 to 65535, found ${options.port}`, 2)
      }
      const sources =
        names.length === 0 ? [options.root] : names.map((name) => findRun(options.root, name))
      const page = await pageFiles((message) => process.stderr.write(`${message}\n`))
      const server = await startViewServer({
        sources,
        page,
        host: options.host,
        port,
        ...(options.token !== undefined && { token: options.token }),
      })
      process.stderr.write(`showing ${sources.map((source) => resolve(source)).join(', ')}\n`)
      process.stdout.write(`${server.url}\n`)
      await new Promise<void>((stop) => process.once('SIGINT', stop).once('SIGTERM', stop))
      await server.close()
    })
}
