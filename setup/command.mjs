// Runs the set-up as a program: messages on stderr, exit code 0 or 1, signals end what was started.

import { ensure } from './ensure.mjs'
import { SetupFailure } from './failure.mjs'
import { killChildren } from './processes.mjs'
import { createProgress } from './progress.mjs'

export async function runSetup() {
  const interrupted = /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])
  for (const [signal, code] of interrupted) {
    process.once(signal, () => {
      killChildren()
      process.stderr.write('\nset-up: interrupted; the next run goes on from here\n')
      process.exit(code)
    })
  }
  try {
    const { python, addon } = await ensure(createProgress(process.stderr))
    process.stderr.write(
      `set-up: ready (torch ${python.torch.version}, Python ${python.version})\n`,
    )
    return addon
  } catch (error) {
    killChildren()
    process.stderr.write(`${describe(error)}\n`)
    process.exit(1)
  }
}

/** @param {unknown} error */
function describe(error) {
  if (error instanceof SetupFailure) return `set-up: ${error.message}`
  const debug = process.env['RETOOL_DEBUG'] && error instanceof Error ? `\n${error.stack}` : ''
  const said = error instanceof Error ? error.message : String(error)
  return `set-up: unexpected failure: ${said}\nRETOOL_DEBUG=1 shows where.${debug}`
}
