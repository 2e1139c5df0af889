// Rows of JSON lines (`.jsonl`, `.ndjson`) and of one JSON array (`.json`).

import { readFile, stat } from 'node:fs/promises'
import { UserError } from '../base/errors.ts'
import { readLines } from './read-lines.ts'
import type { Row, RowBatches } from './row.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Each line is one object; empty lines are passed over. */
export async function* jsonLineRows(file: string): RowBatches {
  for await (const lines of readLines(file)) {
    yield lines.flatMap(({ number, bytes }): readonly Row[] => {
      const place = { file, line: number }
      if (bytes === null) return [{ kind: 'bad', ...place, reason: 'too long', detail: '' }]
      const text = decode(bytes)
      if (text === undefined) return [{ kind: 'bad', ...place, reason: 'not UTF-8', detail: '' }]
      return text.trim() === '' ? [] : [rowOf(text, place)]
    })
  }
}

/** The text, or undefined where the bytes are not UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function rowOf(text: string, place: { file: string; line: number }): Row {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { kind: 'bad', ...place, reason: 'not readable', detail: `not JSON: ${detail}` }
  }
  return rowOfValue(value, place)
}

function rowOfValue(value: unknown, place: { file: string; line: number }): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { kind: 'row', ...place, values: value as Readonly<Record<string, unknown>> }
  }
  const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`
  return {
    kind: 'bad',
    ...place,
    reason: 'not readable',
    detail: `expected an object, found ${found}`,
  }
}

/** A JSON array cannot be streamed line by line, so it must fit into memory. */
const largestArrayFile = 256 * 2 ** 20

/** The elements of one JSON array of objects; `line` is the element's number. */
export async function* jsonArrayRows(file: string): RowBatches {
  const { size } = await stat(file)
  if (size > largestArrayFile) {
    throw new UserError(
      `${file}: ${Math.round(size / 2 ** 20)} MB of JSON in one array; expected at most ${largestArrayFile / 2 ** 20} MB. Write one object a line (.jsonl): that is read in a stream`,
    )
  }
  const text = decode(await readFile(file))
  if (text === undefined) throw new UserError(`${file}: not UTF-8`)
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    // Many a `.json` file holds JSON lines.
    yield* jsonLineRows(file)
    return
  }
  const elements = Array.isArray(value) ? value : [value]
  yield elements.map((element, index) => rowOfValue(element, { file, line: index + 1 }))
}
