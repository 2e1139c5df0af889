// Reading a binary header front to back through a window on its file. Nothing is allocated for what
// the file does not hold, and a header has a size at which reading stops.

import { UserError } from '../base/errors.ts'
import type { ReadableFile } from './readable-file.ts'

const windowBytes = 1 << 20

/** A position in a file's header. `doing` is what errors say was being read. */
export class HeaderCursor {
  #window: Buffer = Buffer.alloc(0)
  #windowStart = 0
  #position = 0
  doing = 'the header'

  constructor(
    readonly file: ReadableFile,
    readonly maxHeaderBytes: number,
  ) {}

  get position(): number {
    return this.#position
  }

  /** Bytes that the header may still have. */
  get left(): number {
    return Math.min(this.file.size, this.maxHeaderBytes) - this.#position
  }

  /** A UserError that names the file, what was being read and where. */
  fail(problem: string): never {
    throw new UserError(`${this.file.path}: ${this.doing}: ${problem} (byte ${this.#position})`)
  }

  uint8 = () => this.#next(1, (bytes, at) => bytes.readUInt8(at))
  int8 = () => this.#next(1, (bytes, at) => bytes.readInt8(at))
  uint16 = () => this.#next(2, (bytes, at) => bytes.readUInt16LE(at))
  int16 = () => this.#next(2, (bytes, at) => bytes.readInt16LE(at))
  uint32 = () => this.#next(4, (bytes, at) => bytes.readUInt32LE(at))
  int32 = () => this.#next(4, (bytes, at) => bytes.readInt32LE(at))
  float32 = () => this.#next(4, (bytes, at) => bytes.readFloatLE(at))
  float64 = () => this.#next(8, (bytes, at) => bytes.readDoubleLE(at))
  uint64 = () => this.#next(8, (bytes, at) => bytes.readBigUInt64LE(at))
  int64 = () => this.#next(8, (bytes, at) => bytes.readBigInt64LE(at))

  /** An unsigned 64-bit number that must be exact as a JavaScript number. */
  size(what: string): number {
    const value = this.uint64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(`${what} ${value} is absurd`)
    return Number(value)
  }

  /** A count of things that take at least `leastBytes` each: more than the file can hold is a lie. */
  count(what: string, leastBytes: number): number {
    const value = this.uint64()
    const room = Math.floor(this.left / leastBytes)
    if (value > BigInt(room)) this.fail(`it claims ${value} ${what}, but there is room for ${room}`)
    return Number(value)
  }

  /** A string with its 64-bit length in front. */
  string(encoding: 'strict' | 'lossy'): string {
    const length = this.count('bytes of text', 1)
    return this.#next(length, (bytes, at) => {
      const text = bytes.toString('utf8', at, at + length)
      if (encoding === 'strict' && text.includes('\ufffd')) this.#checkUtf8(bytes, at, length)
      return text
    })
  }

  #checkUtf8(bytes: Buffer, at: number, length: number): void {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(at, at + length))
    } catch {
      this.fail('a text is not UTF-8')
    }
  }

  #next<T>(length: number, decode: (bytes: Buffer, at: number) => T): T {
    if (length > this.left) this.fail('the file is cut short, or its header is larger than allowed')
    const end = this.#windowStart + this.#window.length
    if (this.#position + length > end) {
      this.#windowStart = this.#position
      this.#window = this.file.read(
        this.#position,
        Math.min(Math.max(length, windowBytes), this.left),
      )
    }
    const at = this.#position - this.#windowStart
    this.#position += length
    return decode(this.#window, at)
  }
}
