// Every number against PyTorch: small random models of each family and option, whose logits and
// gradients transformers computed in float32 (test/reference/README.md).

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readHuggingFaceConfig } from '../src/checkpoint/hugging-face-config.ts'
import { packedAttention } from '../src/model/attention.ts'
import { type Decoder, hiddenStates, logits, makeDecoder } from '../src/model/decoder.ts'
import { arrangeWeights } from '../src/model/decoder-weights.ts'
import { divide, multiply, negative } from '../src/tensor/arithmetic.ts'
import { gradients, setRequiresGrad } from '../src/tensor/autograd.ts'
import { cudaDeviceCount } from '../src/tensor/device.ts'
import { liveTensors } from '../src/tensor/memory.ts'
import { logSoftmax } from '../src/tensor/neural.ts'
import { sum } from '../src/tensor/reduction.ts'
import { scope } from '../src/tensor/scope.ts'
import { concatenate, gather, narrow, unsqueeze } from '../src/tensor/shape.ts'
import type { Device, Tensor } from '../src/tensor/tensor.ts'
import { integers, readFloats, readIntegers, toDevice } from '../src/tensor/transfer.ts'
import { loadTensors } from './fixtures/load-tensors.ts'

const fixtures = join(import.meta.dirname, 'fixtures/models')
const tolerance = 1e-5
/** Greatest absolute difference over greatest absolute expected value. */
function relativeGap(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape)
  const [a, b] = [readFloats(actual), readFloats(expected)]
  let [gap, scale] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    gap = Math.max(gap, Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)))
    scale = Math.max(scale, Math.abs(b[i] ?? 0))
    if (Number.isNaN(a[i])) return Number.NaN
  }
  return gap / scale
}

function get(map: Map<string, Tensor>, name: string): Tensor {
  const tensor = map.get(name)
  if (!tensor) throw new Error(`fixture without ${name}`)
  return tensor
}

/** Log-probs of each token after the first, packed. */
function chosenLogprobs(logits_TV: Tensor, ids: Tensor): Tensor {
  const length = ids.dimension(0)
  const all = logSoftmax(narrow(logits_TV, 0, 0, length - 1), 1)
  return gather(all, 1, unsqueeze(narrow(ids, 0, 1, length - 1), 1))
}

function forward(decoder: Decoder, ids: readonly Tensor[]): Tensor {
  const lengths = ids.map((sequence) => sequence.dimension(0))
  const positions = integers(lengths.flatMap((length) => [...Array(length).keys()]))
  const device = decoder.weights.embedding.device
  const packed = concatenate(ids, 0)
  const hidden = hiddenStates(
    decoder,
    packed,
    toDevice(positions, device),
    packedAttention(lengths),
  )
  return logits(decoder, hidden)
}

describe.each<Device>(['cpu', 'cuda'])('against transformers on %s', (device) => {
  describe.each(readdirSync(fixtures))('%s', (name) => {
    const folder = join(fixtures, name)
    const inScope = (title: string, body: () => void) =>
      test(title, ({ skip }) => {
        if (device === 'cuda' && cudaDeviceCount() === 0) skip('no CUDA device on this machine')
        const before = liveTensors().count
        scope(body)
        expect(liveTensors().count).toBe(before)
      })
    const load = () => {
      const config = readHuggingFaceConfig(join(folder, 'config.json'))
      const named = loadTensors(folder, 'model', device)
      const expected = loadTensors(folder, 'expected', device)
      const sequences = [0, 1, 2].map((n) => get(expected, `ids.${n}`))
      const decoder = makeDecoder(config, arrangeWeights(config, named))
      return { named, expected, sequences, decoder }
    }

    inScope('logits of single and of packed sequences', () => {
      const { expected, sequences, decoder } = load()
      const packed = forward(decoder, sequences)
      let start = 0
      sequences.forEach((ids, n) => {
        const wanted = get(expected, `logits.${n}`)
        expect(relativeGap(forward(decoder, [ids]), wanted)).toBeLessThan(tolerance)
        const part = narrow(packed, 0, start, ids.dimension(0))
        expect(relativeGap(part, wanted)).toBeLessThan(tolerance)
        start += ids.dimension(0)
      })
    })

    inScope('gradients of a masked log-prob loss, for every parameter', () => {
      const { named, expected, sequences, decoder } = load()
      for (const weight of named.values()) setRequiresGrad(weight, true)
      const all_TV = forward(decoder, sequences)
      let start = 0
      let count = 0
      const parts = sequences.map((ids, n) => {
        const length = ids.dimension(0)
        const mask = narrow(get(expected, `mask.${n}`), 0, 1, length - 1)
        count += readIntegers(mask).reduce((total, flag) => total + flag, 0)
        const logprobs = chosenLogprobs(narrow(all_TV, 0, start, length), ids)
        start += length
        return sum(multiply(narrow(logprobs, 1, 0, 1), unsqueeze(mask, 1)), [0])
      })
      const loss = divide(negative(sum(concatenate(parts, 0))), count)
      expect(readFloats(loss)[0]).toBeCloseTo(readFloats(get(expected, 'loss'))[0] ?? 0, 5)
      const names = [...named.keys()]
      const found = gradients([loss], [...named.values()])
      names.forEach((parameter, index) => {
        const gradient = found[index]
        if (!gradient) throw new Error(`no gradient for ${parameter}`)
        expect(relativeGap(gradient, get(expected, `grad.${parameter}`)), parameter).toBeLessThan(
          tolerance,
        )
      })
    })
  })
})
