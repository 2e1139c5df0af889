// Lines of a text file as bytes, with a bound on memory whatever the file holds.

import { createReadStream, type ReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { UserError } from '../base/errors.ts'
import { readFailure } from '../base/read-failure.ts'

/** One line without its end, or null where it was longer than the bound. */
export interface Line {
  readonly number: number
  readonly bytes: Buffer | null
}

/** No row is longer than this many bytes. */
export const longestLine = 16 * 2 ** 20

const newline = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Chunks of the file's bytes; a name that ends in `.gz` is unpacked on the way. Throws UserError
 * where the file cannot be read, or is packed wrongly or only in part.
 */
export async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { highWaterMark: 2 ** 18 })
  const chunks: AsyncIterable<Buffer> = path.endsWith('.gz') ? unpacked(stream) : stream
  try {
    yield* chunks
  } catch (error) {
    throw new UserError(`${path}: ${readFailure(error)}`, 2)
  }
}

function unpacked(stream: ReadStream): AsyncIterable<Buffer> {
  const gunzip = createGunzip()
  stream.on('error', (error) => gunzip.destroy(error))
  return stream.pipe(gunzip)
}

/** Lines in order, as many at a time as a chunk holds. */
export async function* readLines(path: string): AsyncGenerator<readonly Line[]> {
  const pending = new PendingLine()
  let number = 1
  for await (const chunk of readChunks(path)) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      lines.push({ number, bytes: pending.finish(chunk.subarray(start, end), number) })
      number++
      start = end + 1
    }
    pending.add(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (!pending.isEmpty) yield [{ number, bytes: pending.finish(Buffer.alloc(0), number) }]
}

/** The part of a line that earlier chunks held. */
class PendingLine {
  #parts: Buffer[] = []
  #length = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  add(part: Buffer): void {
    this.#length += part.length
    if (this.#length > longestLine) this.#parts = []
    else if (part.length > 0) this.#parts.push(part)
  }

  finish(part: Buffer, number: number): Buffer | null {
    this.add(part)
    const isTooLong = this.#length > longestLine
    const [first = part] = this.#parts
    let line = this.#parts.length > 1 ? Buffer.concat(this.#parts) : first
    this.#parts = []
    this.#length = 0
    if (isTooLong) return null
    if (number === 1 && line.subarray(0, 3).equals(byteOrderMark)) line = line.subarray(3)
    return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
  }
}
