// Writes exported rows as CSV, JSON lines or Parquet, a bounded number of rows in memory at a time.

import { closeSync, openSync, writeSync } from 'node:fs'
import { fileWriter, parquetWriteRows } from 'hyparquet-writer'
import { csvLine } from './csv-line.ts'
import type { ExportColumn, ExportRow, ExportTable } from './export-rows.ts'

export const exportFormats = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** Bytes of text that are gathered before they are written. */
const chunkLength = 1 << 20
const parquetRowGroup = 2_000

export function exportFile(path: string, format: ExportFormat, table: ExportTable): void {
  const names = table.columns.map(({ name }) => name)
  switch (format) {
    case 'csv':
      writeLines(path, csvLines(table, names))
      break
    case 'jsonl':
      writeLines(path, jsonLines(table.rows, names))
      break
    case 'parquet':
      writeParquet(path, table)
      break
    default:
      format satisfies never
  }
}

function writeLines(path: string, lines: Iterable<string>): void {
  const file = openSync(path, 'w')
  try {
    let chunk = ''
    for (const line of lines) {
      chunk += `${line}\n`
      if (chunk.length < chunkLength) continue
      writeSync(file, chunk)
      chunk = ''
    }
    writeSync(file, chunk)
  } finally {
    closeSync(file)
  }
}

function* csvLines(table: ExportTable, names: readonly string[]): Generator<string> {
  yield csvLine(names)
  for (const row of table.rows) yield csvLine(names.map((name) => row[name]))
}

function* jsonLines(rows: Iterable<ExportRow>, names: readonly string[]): Generator<string> {
  for (const row of rows) {
    yield JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name]])))
  }
}

function writeParquet(path: string, { columns, rows }: ExportTable): void {
  parquetWriteRows({
    writer: fileWriter(path),
    columns: columns.map(({ name, type }) => ({ name, type, nullable: true })),
    rows: parquetRows(columns, rows),
    rowGroupSize: parquetRowGroup,
  })
}

function* parquetRows(
  columns: readonly ExportColumn[],
  rows: Iterable<ExportRow>,
): Generator<Record<string, unknown>> {
  for (const row of rows) {
    yield Object.fromEntries(columns.map(({ name, type }) => [name, parquetValue(type, row[name])]))
  }
}

function parquetValue(type: ExportColumn['type'], value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  return type === 'INT64' && typeof value === 'number' ? BigInt(value) : value
}
