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
  /** Told once where a repeated question may no longer be noticed. */
  readonly onNotice?: (message: string) => void
}

/** Problems of data files, in order, each question once. */
export function fileSource(
  name: string,
  files: readonly string[],
  options: FileSourceOptions = {},
): ProblemSource {
  const told = new Set<string>()
  const once = (key: string, tell: () => void) => {
    if (!told.has(key)) tell()
    told.add(key)
  }
  return {
    name,
    async *rows() {
      const seen = new Fingerprints()
      for (const file of files) {
        const dataSet = options.dataSet ?? sourceNameOf(file)
        let mapping: Mapping | undefined
        for await (const batch of rowsOfFile(file)) {
          mapping ??= mappingOf(batch, options.columns)
          const used = mapping
          if (used) once(file, () => options.onMapping?.(file, used))
          yield batch.map((row) =>
            unlessSeen(used ? toProblem(row, used, dataSet, options.bounds) : asBad(row), seen),
          )
          if (seen.isFull) {
            const notice = `${name}: more than ${seen.size} questions; a later one that repeats is kept`
            once('full', () => options.onNotice?.(notice))
          }
        }
      }
    },
  }
}

/** By the first row that has the columns: one that lacks an answer must not decide for all. */
function mappingOf(rows: readonly Row[], options: ColumnOptions | undefined): Mapping | undefined {
  let why: unknown
  for (const row of rows) {
    if (row.kind !== 'row') continue
    try {
      return mapColumns(row.values, options)
    } catch (error) {
      why ??= error
    }
  }
  if (why !== undefined) throw why
  return undefined
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
