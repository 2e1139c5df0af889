// Whether the addon is built and loads; asked in another process, which a broken one cannot take with it.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { setupCommand } from '../../../setup/locate.mjs'
import type { Finding } from './finding.ts'

const deadlineMs = 60_000

export async function addonFinding(addon: string | null): Promise<Finding> {
  const name = 'native addon'
  const advice = `run: ${setupCommand()}`
  if (!addon)
    return { name, state: 'missing', found: 'not built, or older than its sources', advice }
  const program = 'process.stdout.write(require(process.argv[1]).torchVersion())'
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, addon], {
      timeout: deadlineMs,
    })
    return {
      name,
      state: 'ok',
      found: `loads, libtorch ${stdout} (${addon})`,
      details: { path: addon, torchVersion: stdout },
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const why = said.split('\n').find((line) => /Error:/.test(line)) ?? said.split('\n')[0] ?? ''
    return {
      name,
      state: 'missing',
      found: `does not load: ${why.trim()}`,
      advice,
      details: { path: addon },
    }
  }
}
