// Pass rates of problems, from the report of an evaluation.

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { UserError } from '../base/errors.ts'
import { readFailure } from '../base/read-failure.ts'

const report = z.object({ perProblem: z.record(z.string(), z.number().min(0).max(1)) })

/** `perProblem` of an evaluation's JSON report: share of right attempts by problem id. */
export async function readPassRates(path: string): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(path, 'utf8').catch((error) => {
    const why = readFailure(error)
    throw new UserError(`${path}: ${why}; expected the JSON report of an evaluation`, 2)
  })
  try {
    return new Map(Object.entries(report.parse(JSON.parse(text)).perProblem))
  } catch {
    throw new UserError(`${path}: expected the JSON report of an evaluation, with perProblem`)
  }
}
