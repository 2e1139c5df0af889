// Writes what a run recorded for other programs.

import { resolve } from 'node:path'
import { UserError } from '../../base/errors.ts'
import { type ExportFormat, exportFile, exportFormats } from '../../run/export-file.ts'
import { metricTable, trajectoryTable } from '../../run/export-rows.ts'
import { findRun } from '../../run/find-run.ts'
import { RunReader } from '../../run/run-reader.ts'

export interface ExportOptions {
  readonly root: string
  readonly output: string
  readonly trajectories?: boolean
  readonly json?: boolean
}

/** The path of the file. */
export function exportRun(name: string, options: ExportOptions): string {
  using reader = new RunReader(findRun(options.root, name))
  const format = formatOf(options.output)
  reader.query(undefined, (database) => {
    const table = options.trajectories ? trajectoryTable(database) : metricTable(database)
    exportFile(options.output, format, table)
  })
  const [damage] = reader.damage
  if (damage) throw new UserError(`${name}: ${damage.file} cannot be read: ${damage.message}`)
  const file = resolve(options.output)
  return options.json ? `${JSON.stringify({ run: name, file, format })}\n` : `${file}\n`
}

function formatOf(path: string): ExportFormat {
  const format = exportFormats.find((known) => path.endsWith(`.${known}`))
  if (format) return format
  throw new UserError(`--output ${path}: expected a name that ends in .csv, .jsonl or .parquet`, 2)
}
