// Several sources as one, each with its limit, without the questions that a run is judged by.

import { UserError } from '../base/errors.ts'
import type { ProblemRow } from './problem-of-row.ts'
import type { ProblemSource } from './problem-source.ts'
import { questionKey } from './question-key.ts'

export interface SourcePart {
  readonly source: ProblemSource
  /** Only the first problems; null for all. */
  readonly limit: number | null
}

/**
 * One part after the other. A problem whose `questionKey` is in `judgedBy` becomes a bad row, so
 * that it is counted. Reading throws UserError where a part gives no problem.
 */
export function combinedSource(
  parts: readonly SourcePart[],
  judgedBy: ReadonlySet<string>,
): ProblemSource {
  return {
    name: parts.map(({ source }) => source.name).join(', '),
    async *rows() {
      for (const { source, limit } of parts) {
        let given = 0
        for await (const batch of source.rows()) {
          const rows: ProblemRow[] = []
          for (const row of batch) {
            if (given === limit) break
            const kept = unlessJudgedBy(row, judgedBy)
            if (kept.kind === 'problem') given++
            rows.push(kept)
          }
          yield rows
          if (given === limit) break
        }
        if (given === 0) throw new UserError(`${source.name}: no problems`)
      }
    },
  }
}

function unlessJudgedBy(row: ProblemRow, judgedBy: ReadonlySet<string>): ProblemRow {
  if (row.kind === 'bad' || !judgedBy.has(questionKey(row.problem.question))) return row
  const { file, line } = row
  return { kind: 'bad', file, line, reason: 'the run is judged by it', detail: '' }
}
