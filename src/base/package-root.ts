// Where this package lies, in a clone and when installed: for files that it ships as they are.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of the package.json nearest above this file whose name is ours. */
export function packageRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (packageName(folder) === 'retool-rl') return folder
    if (folder === dirname(folder)) throw new Error('defect: no package.json of retool-rl above')
  }
}

/** The path of a file of the package, such as `src/reward/grader.py`. */
export function packageFile(path: string): string {
  return join(packageRoot(), path)
}

function packageName(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown })
      .name
  } catch {
    return undefined
  }
}
