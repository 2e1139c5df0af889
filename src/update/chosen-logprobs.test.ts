// The head's kernel against the operators it stands in for, and these against plain autograd.

import { expect, test } from 'vitest'
import { addInPlace, divide, exp, multiply, negative } from '../tensor/arithmetic.ts'
import { gradients, setRequiresGrad } from '../tensor/autograd.ts'
import { randn, zeros } from '../tensor/creation.ts'
import { Generator } from '../tensor/generator.ts'
import { withoutKernels } from '../tensor/kernel.ts'
import { linear, logSoftmax } from '../tensor/neural.ts'
import { sum } from '../tensor/reduction.ts'
import { scope } from '../tensor/scope.ts'
import { gather, squeeze, unsqueeze } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { integers, readFloats, toDtype } from '../tensor/transfer.ts'
import { chosenLogprobs, headBackward } from './chosen-logprobs.ts'

/** More tokens than one chunk, a vocabulary that is no multiple of anything. */
const [tokens, size, vocabulary] = [150, 16, 5003]

function inputs(dtype: 'float32' | 'bfloat16') {
  using generator = Generator.named(3, 'head')
  const made = (shape: number[], scale: number) =>
    toDtype(multiply(randn(shape, generator), scale), dtype)
  return {
    hidden: made([tokens, size], 1),
    head: made([vocabulary, size], 0.7),
    targets: integers(Array.from({ length: tokens }, (_, i) => (i * 7919) % vocabulary)),
    temperature: 0.7,
    slopes: randn([tokens], generator),
    entropySlopes: randn([tokens], generator),
  }
}

type Result = { logprobs: Tensor; entropy: Tensor; hidden: Tensor; head: Tensor }

function ours(dtype: 'float32' | 'bfloat16', keep = false): Result {
  const { slopes, entropySlopes, ...input } = inputs(dtype)
  const { logprobs, entropy, kept } = chosenLogprobs(input, { withEntropy: true, keep })
  const head = zeros([vocabulary, size])
  const add = (part: Tensor) => addInPlace(head, part)
  const hidden = headBackward(input, { logprobs: slopes, entropy: entropySlopes }, add, kept)
  if (!entropy) throw new Error('nothing came back')
  return { logprobs, entropy, hidden, head }
}

function plain(): Result {
  const { hidden, head, targets, temperature, slopes, entropySlopes } = inputs('float32')
  setRequiresGrad(hidden, true)
  setRequiresGrad(head, true)
  const all = logSoftmax(divide(linear(hidden, head), temperature), 1)
  const logprobs = squeeze(gather(all, 1, unsqueeze(targets, 1)), 1)
  const entropy = negative(sum(multiply(exp(all), all), [1]))
  const given = [slopes, entropySlopes]
  const [hiddenGradient, headGradient] = gradients([logprobs, entropy], [hidden, head], { given })
  if (!hiddenGradient || !headGradient) throw new Error('nothing came back')
  return { logprobs, entropy, hidden: hiddenGradient, head: headGradient }
}

/** Greatest difference over the greatest value. */
function gap(a: Tensor, b: Tensor): number {
  const [x, y] = [readFloats(a), readFloats(b)]
  const scale = Math.max(...y.map(Math.abs))
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? 0))), 0) / scale
}

const names = ['logprobs', 'entropy', 'hidden', 'head'] as const

test('without kernels: log-probs, entropies and gradients equal plain autograd', () => {
  scope(() => {
    const expected = plain()
    const composed = withoutKernels(() => ours('float32'))
    for (const name of names) expect(gap(composed[name], expected[name])).toBeLessThan(1e-5)
  })
})

test('the kernel equals the operators it stands in for', () => {
  scope(() => {
    const composed = withoutKernels(() => ours('float32'))
    const kernel = ours('float32')
    for (const name of names) expect(gap(kernel[name], composed[name])).toBeLessThan(1e-5)
    const half = withoutKernels(() => ours('bfloat16'))
    const halfKernel = ours('bfloat16')
    for (const name of ['logprobs', 'entropy'] as const) {
      expect(gap(halfKernel[name], half[name])).toBeLessThan(1e-5)
    }
    // Gradients are rounded to 8 bits before they are multiplied.
    for (const name of ['hidden', 'head'] as const) {
      expect(gap(halfKernel[name], half[name])).toBeLessThan(1e-2)
    }
  })
})

test('logits that were kept change no bit', () => {
  scope(() => {
    for (const dtype of ['float32', 'bfloat16'] as const) {
      const [again, kept] = [ours(dtype), ours(dtype, true)]
      for (const name of names) expect(readFloats(kept[name])).toEqual(readFloats(again[name]))
    }
  })
})

test('a token outside of the vocabulary is refused', () => {
  scope(() => {
    const { slopes: _, entropySlopes: __, ...input } = inputs('float32')
    const targets = integers(new Array(tokens).fill(vocabulary))
    expect(() => chosenLogprobs({ ...input, targets }, { withEntropy: false })).toThrow(
      'outside the vocabulary',
    )
  })
})
