// A file opened for reading by position; every read is checked against the file's real size first.

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { fileError } from './file-error.ts'

/** An open regular file. Owner: whoever opened it, with `using`. */
export class ReadableFile implements Disposable {
  readonly size: number
  readonly #descriptor: number

  private constructor(
    readonly path: string,
    descriptor: number,
  ) {
    this.#descriptor = descriptor
    this.size = fstatSync(descriptor).size
  }

  /** Opens `path`. A missing file, a folder, a pipe or a lack of rights is a UserError. */
  static open(path: string): ReadableFile {
    try {
      // Asked before opening: opening a named pipe would wait for a writer for ever.
      if (!statSync(path).isFile()) throw new UserError(`${path} is not a regular file`)
      return new ReadableFile(path, openSync(path, 'r'))
    } catch (error) {
      throw fileError('read', path, error)
    }
  }

  /** `length` bytes from `offset`. Never allocates for bytes that the file does not have. */
  read(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new UserError(
        `${this.path} ends at byte ${this.size}, but bytes ${offset} to ${offset + length} are needed: the file is cut short or damaged`,
      )
    }
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const count = readSync(this.#descriptor, bytes, done, length - done, offset + done)
      if (count === 0) throw new UserError(`${this.path} became shorter while it was read`)
      done += count
    }
    return bytes
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}
