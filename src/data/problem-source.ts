// Where problems come from, whatever holds them: problems and bad rows, a batch at a time.

import type { ColumnOptions, Mapping } from './columns.ts'
import { mapColumns } from './columns.ts'
import { rowsOfFile } from './data-files.ts'
import { Fingerprints } from './fingerprints.ts'
import { sourceNameOf } from './local-files.ts'
import type { Problem } from './problem.ts'
import type { ProblemRow, RowBounds } from './problem-of-row.ts'
import { problemOfRow } from './problem-of-row.ts'
import { questionKey } from './question-key.ts'
import type { Row } from './row.ts'

export interface ProblemSource {
  /** For messages: a path, `hub:...`, `gym:...`. */
  readonly name: string
  /** From the first row; each call reads anew and gives the same. */
  rows(): AsyncGenerator<readonly ProblemRow[]>
}

export interface FileSourceOptions {
  readonly columns?: ColumnOptions
  readonly bounds?: RowBounds
  /** Name of the data set; taken from each file's name if omitted. */
  readonly dataSet?: string
  /** Called once a file with the columns that are used, so that a guess can be shown. */
  readonly onMapping?: (file: string, mapping: Mapping) => void
}

/** Problems of data files, in order, each question once. */
export function fileSource(
  name: string,
  files: readonly string[],
  options: FileSourceOptions = {},
): ProblemSource {
  return {
    name,
    async *rows() {
      const seen = new Fingerprints()
      for (const file of files) {
        const dataSet = options.dataSet ?? sourceNameOf(file)
        let mapping: Mapping | undefined
        for await (const batch of rowsOfFile(file)) {
          const first = batch.find((row) => row.kind === 'row')
          if (!mapping && first) {
            mapping = mapColumns(first.values, options.columns)
            options.onMapping?.(file, mapping)
          }
          const used = mapping
          yield batch.map((row) =>
            unlessSeen(used ? toProblem(row, used, dataSet, options.bounds) : asBad(row), seen),
          )
        }
      }
    },
  }
}

/** Problems that are in memory already, such as a drawn mixture. */
export function listSource(name: string, problems: readonly Problem[]): ProblemSource {
  return {
    name,
    async *rows() {
      const seen = new Fingerprints()
      yield problems.map((problem, index) =>
        unlessSeen({ kind: 'problem', file: name, line: index + 1, problem }, seen),
      )
    },
  }
}

function toProblem(
  row: Row,
  mapping: Mapping,
  dataSet: string,
  bounds: RowBounds | undefined,
): ProblemRow {
  return row.kind === 'row' ? problemOfRow(row, mapping, dataSet, bounds) : row
}

function asBad(row: Row): ProblemRow {
  if (row.kind === 'bad') return row
  throw new Error('defect: a readable row without a mapping')
}

function unlessSeen(row: ProblemRow, seen: Fingerprints): ProblemRow {
  if (row.kind === 'bad' || !seen.add(questionKey(row.problem.question))) return row
  const { file, line, problem } = row
  return { kind: 'bad', file, line, reason: 'duplicate', detail: problem.question.slice(0, 60) }
}
