// An append-only file of JSON records, one a line, that a kill at any moment leaves usable.

import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UserError } from './errors.ts'

/**
 * Records come back in the order in which they were appended. A last line that a kill cut off is
 * taken away at opening; a broken line before it is a UserError that names it.
 */
export class RecordLog<T> {
  #queue: Promise<void> = Promise.resolve()

  private constructor(
    readonly path: string,
    /** What was there at opening. */
    readonly records: readonly T[],
  ) {}

  static async open<T>(path: string): Promise<RecordLog<T>> {
    await mkdir(dirname(path), { recursive: true })
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (bytes === undefined) {
      await writeFile(path, '')
      return new RecordLog<T>(path, [])
    }
    const end = bytes.lastIndexOf(0x0a) + 1
    if (end < bytes.length) await truncate(path, end)
    const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    return new RecordLog(
      path,
      lines.map((line, index) => parse<T>(line, `${path}:${index + 1}`)),
    )
  }

  /** Resolves when the record is with the operating system; records are written in call order. */
  append(record: T): Promise<void> {
    const written = this.#queue.then(() => appendFile(this.path, `${JSON.stringify(record)}\n`))
    this.#queue = written.catch(() => undefined)
    return written
  }
}

function parse<T>(line: string, place: string): T {
  try {
    return JSON.parse(line) as T
  } catch {
    throw new UserError(`${place}: not JSON; the file was changed from outside, remove the line`)
  }
}
