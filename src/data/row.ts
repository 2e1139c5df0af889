// A row of a data file: its values, or why it cannot be read. Bad rows travel with the good ones,
// so that nothing is silently lost.

/** Where a row begins: 1-based line of a text file, 1-based row of a Parquet file or a JSON array. */
export interface RowPlace {
  readonly file: string
  readonly line: number
}

export type Row = RowPlace &
  (
    | { readonly kind: 'row'; readonly values: Readonly<Record<string, unknown>> }
    | { readonly kind: 'bad'; readonly reason: BadRowReason; readonly detail: string }
  )

/** Why a row became no problem. */
export type BadRowReason =
  | 'not UTF-8'
  | 'not readable'
  | 'too long'
  | 'no question'
  | 'no answer'
  | 'duplicate'
  | 'answer cannot be graded'
  | 'the run is judged by it'

/** Rows in file order, a batch at a time: one batch is all that is in memory. */
export type RowBatches = AsyncGenerator<readonly Row[]>
