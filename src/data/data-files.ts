// Which files of a folder (or of a Hub data set) are read, and how each is read.

import { UserError } from '../base/errors.ts'
import { csvRows } from './csv-rows.ts'
import { jsonArrayRows, jsonLineRows } from './json-rows.ts'
import { parquetRows } from './parquet-rows.ts'
import type { RowBatches } from './row.ts'

const readers: Readonly<Record<string, (file: string) => RowBatches>> = {
  jsonl: jsonLineRows,
  ndjson: jsonLineRows,
  json: jsonArrayRows,
  csv: (file) => csvRows(file, ','),
  tsv: (file) => csvRows(file, '\t'),
  parquet: parquetRows,
}

/** Kinds that may also be packed with gzip (`train.jsonl.gz`). */
const packed = new Set(['jsonl', 'ndjson', 'csv', 'tsv'])

function kindOf(path: string): string | undefined {
  const match = /\.([a-z]+)(\.gz)?$/.exec(path.toLowerCase())
  const kind = match?.[1]
  if (!kind || !(kind in readers)) return undefined
  return match[2] && !packed.has(kind) ? undefined : kind
}

/** Whether the name is one of a data file that we read. */
export function isDataFile(path: string): boolean {
  return kindOf(path) !== undefined
}

/** Rows of a file by its name's ending; UserError for an ending that we do not read. */
export function rowsOfFile(path: string): RowBatches {
  const reader = readers[kindOf(path) ?? '']
  if (reader) return reader(path)
  throw new UserError(
    `${path}: not a data file that we read; expected ${Object.keys(readers).join(', ')} (text kinds also with .gz)`,
  )
}

export interface FileChoice {
  readonly split?: string
  readonly subset?: string
}

const splitNames = ['train', 'validation', 'valid', 'val', 'dev', 'test', 'eval']

/**
 * The files of one split and one subset, sorted. Names say which split a file belongs to
 * (`train-00000-of-00001.parquet`, `data/test.jsonl`). Without a choice: the only split there is,
 * else `train`. Throws UserError where nothing fits or several subsets do.
 */
export function chooseFiles(
  paths: readonly string[],
  choice: FileChoice,
  place: string,
): readonly string[] {
  const files = paths.filter(isDataFile).sort()
  if (files.length === 0)
    throw new UserError(`${place}: no data files (${Object.keys(readers).join(', ')})`)
  const ofSubset = chooseSubset(files, choice, place)
  const splits = new Set(ofSubset.map(splitOf))
  const split = choice.split ?? (splits.has('train') ? 'train' : undefined)
  if (split === undefined) return ofSubset
  const chosen = ofSubset.filter((file) => splitOf(file) === split)
  if (chosen.length > 0) return chosen
  throw new UserError(
    `${place}: no split is called ${split}; found ${[...splits].map((name) => name ?? '(unnamed)').join(', ')}`,
  )
}

/** The split that a path's words name, or undefined. */
function splitOf(path: string): string | undefined {
  const words = path.toLowerCase().split(/[^a-z]+/)
  return splitNames.find((name) => words.includes(name))
}

/** Hub data sets keep each subset in a folder: `main/train-....parquet`. */
function chooseSubset(
  files: readonly string[],
  { subset }: FileChoice,
  place: string,
): readonly string[] {
  const folders = new Set(
    files.flatMap((file) => {
      const folder = file.includes('/') ? file.split('/')[0] : undefined
      return folder && folder !== 'data' && splitOf(folder) === undefined ? [folder] : []
    }),
  )
  if (subset !== undefined) {
    const chosen = files.filter((file) => file.startsWith(`${subset}/`))
    if (chosen.length > 0) return chosen
    throw new UserError(
      `${place}: no subset is called ${subset}; found ${[...folders].join(', ') || 'none'}`,
    )
  }
  // Folders of one and the same split names are subsets; anything else is just a tree of files.
  const rivals = [...folders].filter((folder) =>
    files.some((file) => file.startsWith(`${folder}/`) && splitOf(file) !== undefined),
  )
  if (rivals.length < 2) return files
  throw new UserError(`${place}: several subsets: ${rivals.join(', ')}; choose one with --subset`)
}
