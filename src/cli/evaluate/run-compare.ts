// The action of `retool-rl evaluate compare`.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../base/errors.ts'
import { readFailure } from '../../base/read-failure.ts'
import { compare } from '../../evaluate/compare.ts'
import type { EvaluationReport } from '../../evaluate/evaluation-report.ts'
import { renderComparison } from './render-evaluation.ts'

export async function runCompare(first: string, second: string, asJson: boolean): Promise<void> {
  const comparison = compare(readReport(first), readReport(second))
  process.stdout.write(
    asJson ? `${JSON.stringify(comparison, null, 2)}\n` : renderComparison(comparison),
  )
}

/** Of a run folder, or the JSON file itself. */
function readReport(path: string): Pick<EvaluationReport, 'perProblem'> {
  const isFolder = existsSync(path) && statSync(path).isDirectory()
  const file = isFolder ? join(path, 'report.json') : path
  const perProblem = parsedReport(textOf(file)).perProblem
  if (perProblem) return { perProblem }
  throw new UserError(`${file}: expected the report of an evaluation, with perProblem`)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const expected = "expected a finished evaluation's folder or report"
    throw new UserError(`${file}: ${readFailure(error)}; ${expected}`, 2)
  }
}

/** Without anything where the text is no report. */
function parsedReport(text: string): Partial<EvaluationReport> {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
