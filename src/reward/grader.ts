// Opens the processes that run grader.py.

import { availableParallelism } from 'node:os'
import { packageFile } from '../base/package-root.ts'
import { PythonPool } from '../python/python-pool.ts'

export interface GraderOptions {
  /** Number of processes; about 150 MB each, started when first needed. */
  readonly processes: number
}

export const graderDefaults: GraderOptions = { processes: Math.min(2, availableParallelism()) }

/** A grader for `answerJudge`; its maker closes it. */
export function openGrader({ processes }: GraderOptions = graderDefaults): PythonPool {
  return new PythonPool({ script: packageFile('src/reward/grader.py') }, { size: processes })
}
