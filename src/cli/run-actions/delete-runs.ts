// Deletes run folders, all or none of those that were named.

import { rmSync } from 'node:fs'
import { UserError } from '../../base/errors.ts'
import { findRun } from '../../run/find-run.ts'
import { overview } from '../../run/run-overview.ts'

export interface DeleteOptions {
  readonly root: string
  readonly yes?: boolean
  readonly json?: boolean
}

/** Refuses without `--yes`, and where a run is still written. */
export function deleteRuns(
  names: readonly string[],
  { root, yes = false, json = false }: DeleteOptions,
): string {
  const found = names.map((name) => ({ name, path: findRun(root, name) }))
  for (const { name, path } of found) {
    const { state } = overview(path)
    if (state?.status === 'running') {
      throw new UserError(
        `${name}: process ${state.process.pid} still writes this run; stop it first`,
      )
    }
  }
  if (!yes) {
    const paths = found.map(({ path }) => path).join(', ')
    throw new UserError(`this would delete ${paths}; say --yes to do it, there is no way back`, 2)
  }
  for (const { path } of found) rmSync(path, { recursive: true })
  if (json) return `${JSON.stringify({ deleted: found.map(({ path }) => path) })}\n`
  return `deleted ${names.join(' ')}\n`
}
