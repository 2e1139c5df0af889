// Rows of a Parquet file, a bounded range at a time.

import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { UserError } from '../base/errors.ts'
import type { Row, RowBatches } from './row.ts'

/** Rows decoded at a time; a row group is cut into ranges of this size. */
const rowsAtOnce = 2_000

/** `line` is the row's number in the file, from 1. */
export async function* parquetRows(file: string): RowBatches {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer).catch((error: unknown) => {
    throw new UserError(`${file}: not a readable Parquet file (${String(error)})`)
  })
  let groupStart = 0
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows)
    for (let rowStart = groupStart; rowStart < groupEnd; rowStart += rowsAtOnce) {
      const rowEnd = Math.min(groupEnd, rowStart + rowsAtOnce)
      const range = { file: buffer, metadata, compressors, rowStart, rowEnd, useOffsetIndex: true }
      const rows = await parquetReadObjects(range).catch((error: unknown) => {
        throw new UserError(
          `${file}: rows ${rowStart + 1} to ${rowEnd} cannot be read (${String(error)})`,
        )
      })
      yield rows.map(
        (values, index): Row => ({
          kind: 'row',
          file,
          line: rowStart + index + 1,
          values: plain(values) as Readonly<Record<string, unknown>>,
        }),
      )
    }
    groupStart = groupEnd
  }
}

/** Parquet's 64-bit integers, dates and bytes as plain JSON. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return undefined
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]))
  }
  return value
}
