import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadTensors } from '../../test/fixtures/load-tensors.ts'
import { cudaDeviceCount } from '../tensor/device.ts'
import { liveTensors } from '../tensor/memory.ts'
import { scope } from '../tensor/scope.ts'
import { narrow, reshape } from '../tensor/shape.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { read, readFloats, tensorFrom, toDevice } from '../tensor/transfer.ts'
import { dequantize } from './dequantize.ts'
import { quantizeQ8 } from './quantize.ts'

// Made by the gguf package: test/reference/gguf_blocks.py.
const folder = join(import.meta.dirname, '../../test/fixtures/gguf')
const types = ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q4_K', 'Q5_K', 'Q6_K'] as const
const devices: Device[] = ['cpu', 'cuda']

function fixture(name: string): Tensor {
  const tensor = loadTensors(folder, 'blocks', 'cpu').get(name)
  if (!tensor) throw new Error(`no ${name} in the fixture`)
  return tensor
}

/** The bits of float32 numbers: zeros of both signs and NaNs count as what they are. */
function bits(tensor: Tensor): number[] {
  return [...new Uint32Array(readFloats(tensor).buffer)]
}

describe.each(devices)('on %s', (device) => {
  test.for(types)('%s blocks are the numbers of the reference, bit for bit', (type, { skip }) => {
    if (device === 'cuda' && cudaDeviceCount() === 0) skip('no CUDA device on this machine')
    const before = liveTensors().count
    scope(() => {
      const raw = reshape(fixture(`${type}.blocks`), [-1])
      const expected = fixture(`${type}.values`)
      const found = dequantize(raw, type, expected.shape, { dtype: 'float32', device })
      expect(found.shape).toEqual(expected.shape)
      expect(bits(toDevice(found, 'cpu'))).toEqual(bits(expected))
    })
    expect(liveTensors().count).toBe(before)
  })
})

test('Q8_0 blocks are those of the reference, also where a number lies half-way', () => {
  scope(() => {
    const found = quantizeQ8(fixture('quantize.numbers'))
    const expected = fixture('quantize.Q8_0')
    expect(read(found)).toEqual(read(reshape(expected, [-1, 34])))
  })
})

test('more numbers than one chunk holds come out in order', () => {
  scope(() => {
    const blocks = reshape(fixture('Q8_0.blocks'), [6, 34])
    const values = reshape(fixture('Q8_0.values'), [6, 32])
    // 7 x 2^19 numbers: three chunks and a half.
    const rows = 2 ** 14 * 7
    const many = Array.from({ length: rows }, (_, index) => index % 6)
    const bytes = new Uint8Array(rows * 34)
    const one = read(blocks) as Uint8Array
    for (const [index, row] of many.entries()) {
      bytes.set(one.subarray(row * 34, row * 34 + 34), index * 34)
    }
    const found = dequantize(tensorFrom(bytes), 'Q8_0', [rows, 32], {
      dtype: 'float32',
      device: 'cpu',
    })
    for (const index of [0, 5, 2 ** 15 - 1, 2 ** 15, rows - 1]) {
      expect(bits(narrow(found, 0, index, 1))).toEqual(bits(narrow(values, 0, index % 6, 1)))
    }
  })
})
