// Starts graders in the private Python.

import { packageFile } from '../base/package-root.ts'
import { PythonPool } from '../python/python-pool.ts'

/** A pool of `size` processes that run grader.py; each starts with its first request. Close it. */
export function openGrader(size: number): PythonPool {
  return new PythonPool({ script: packageFile('src/reward/grader.py') }, { size })
}
