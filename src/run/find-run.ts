// Finds the run folder that a person named.

import { basename, join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { listRunFolders } from './run-overview.ts'
import { isRunFolder } from './run-reader.ts'

/** A name under the root, or the path of a run folder. */
export function findRun(root: string, name: string): string {
  const candidates = [join(root, name), name]
  const found = candidates.find(isRunFolder)
  if (found) return resolve(found)
  const known = listRunFolders(root).map((path) => basename(path))
  const suggestion = nearest(name, known)
  throw new UserError(
    `run ${name}: expected a run folder in ${resolve(root)} or a path, found none` +
      (suggestion ? `; did you mean ${suggestion}?` : '; retool-rl runs lists what there is'),
    2,
  )
}
