// Writes metrics as TensorBoard event files: protobuf messages in TFRecord frames. W&B, MLflow and
// others import them too.
//
//   frame    length (8 bytes) | crc of length (4) | message | crc of message (4), little-endian
//   message  Event { 1: wall_time double, 2: step int64, 3: file_version string | 5: summary }
//   summary  repeated 1: Value { 1: tag string, 2: simple_value float }

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { maskedCrc32c } from './crc32c.ts'

export interface ScalarEvent {
  readonly step: number
  /** Unix time, milliseconds. */
  readonly time: number
  readonly values: Readonly<Record<string, number>>
}

export class TensorboardWriter {
  #file: number | null

  /** Starts a new event file in `folder`; TensorBoard reads all files of a folder as one run. */
  constructor(folder: string, time: number) {
    mkdirSync(folder, { recursive: true })
    const seconds = String(Math.floor(time / 1000)).padStart(10, '0')
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}`
    this.#file = openSync(join(folder, name), 'a')
    writeSync(this.#file, frame(event(time, 0, bytesField(3, Buffer.from('brain.Event:2')))))
  }

  write(events: readonly ScalarEvent[]): void {
    if (this.#file === null) throw new Error('defect: the event file is closed')
    const frames = events.map(({ time, step, values }) => {
      const written = Object.entries(values).map(([tag, value]) =>
        bytesField(1, Buffer.concat([bytesField(1, Buffer.from(tag)), floatField(2, value)])),
      )
      return frame(event(time, step, bytesField(5, Buffer.concat(written))))
    })
    writeSync(this.#file, Buffer.concat(frames))
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}

function event(time: number, step: number, content: Buffer): Buffer {
  return Buffer.concat([doubleField(1, time / 1000), tag(2, 0), varint(step), content])
}

function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(message.length))
  return Buffer.concat([length, word(maskedCrc32c(length)), message, word(maskedCrc32c(message))])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** A field's head; kind 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
function tag(field: number, kind: 0 | 1 | 2 | 5): Buffer {
  return varint(field * 8 + kind)
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(field, 2), varint(bytes.length), bytes])
}

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([tag(field, 1), bytes])
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([tag(field, 5), bytes])
}

/** Seven bits a byte, lowest first, of an integer from 0 to 2^53 - 1. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
