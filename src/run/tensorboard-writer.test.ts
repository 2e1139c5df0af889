import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { crc32c, maskedCrc32c } from './crc32c.ts'
import { TensorboardWriter } from './tensorboard-writer.ts'

test('CRC-32C of the check string is the published one', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
})

test('frames carry their length, their checksums and the bytes that protobuf prescribes', () => {
  const folder = scratchFolder()
  const writer = new TensorboardWriter(folder, 0)
  writer.write([{ step: 300, time: 2000, values: { a: 0.5 } }])
  writer.close()
  const [name = ''] = readdirSync(folder)
  const [version, event] = frames(readFileSync(join(folder, name)))
  expect(version?.toString('latin1')).toContain('brain.Event:2')
  expect(event?.toString('hex')).toBe(
    [
      '09 0000000000000040', // wall time 2.0
      '10 ac02', // step 300
      '2a 0a', // summary, 10 bytes
      '0a 08', // value, 8 bytes
      '0a 01 61', // tag "a"
      '15 0000003f', // 0.5
    ]
      .join('')
      .replaceAll(' ', ''),
  )
})

/** The messages of a TFRecord file whose checksums hold. */
function frames(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(start))
    const message = bytes.subarray(start + 12, start + 12 + length)
    expect(bytes.readUInt32LE(start + 8)).toBe(maskedCrc32c(bytes.subarray(start, start + 8)))
    expect(bytes.readUInt32LE(start + 12 + length)).toBe(maskedCrc32c(message))
    found.push(message)
    start += 16 + length
  }
  return found
}
