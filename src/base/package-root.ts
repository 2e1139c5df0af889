// Files that the package ships as they are (Python programs, shaders, pages), from sources and build.

import { join } from 'node:path'
import { packageRoot } from '../../setup/package-root.mjs'

/** Absolute path of a file given from the package's root, for example `src/reward/grader.py`. */
export function packageFile(path: string): string {
  return join(packageRoot(), path)
}
