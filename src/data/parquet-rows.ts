// Rows of a Parquet file, a bounded range at a time: what is in memory is one row group as it is
// stored, and one range decoded.

import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { UserError } from '../base/errors.ts'
import type { Row, RowBatches } from './row.ts'

/**
 * Decoded at a time. Lists are decoded from their group's beginning for every range, so that small
 * ranges of large groups would cost the square of their rows.
 */
const bytesAtOnce = 16 * 2 ** 20
const fewestRowsAtOnce = 2_000

/** `line` is the row's number in the file, from 1. */
export async function* parquetRows(file: string): RowBatches {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer).catch((error: unknown) => {
    throw new UserError(`${file}: not a readable Parquet file (${String(error)})`)
  })
  let groupStart = 0
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows)
    const groupEnd = groupStart + groupRows
    const atOnce = rowsAtOnce(groupRows, Number(group.total_byte_size))
    for (let rowStart = groupStart; rowStart < groupEnd; rowStart += atOnce) {
      const rowEnd = Math.min(groupEnd, rowStart + atOnce)
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

/** Rows of a range, for a group of this many rows and uncompressed bytes. */
export function rowsAtOnce(rows: number, bytes: number): number {
  return Math.max(fewestRowsAtOnce, Math.floor((rows * bytesAtOnce) / Math.max(1, bytes)))
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
