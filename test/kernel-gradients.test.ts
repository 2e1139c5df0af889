// Kernels with a gradient against the composed operators that they stand in for.

import { expect, test } from 'vitest'
import { rotate } from '../src/model/rope.ts'
import { gradients, setRequiresGrad } from '../src/tensor/autograd.ts'
import { randn } from '../src/tensor/creation.ts'
import { Generator } from '../src/tensor/generator.ts'
import { withoutKernels } from '../src/tensor/kernel.ts'
import { addRmsNorm, gatedSilu, rmsNorm } from '../src/tensor/neural.ts'
import { scope } from '../src/tensor/scope.ts'
import { concatenate } from '../src/tensor/shape.ts'
import type { Tensor } from '../src/tensor/tensor.ts'
import { readFloats } from '../src/tensor/transfer.ts'

const rows = 21
const size = 12

type Named = readonly [string, readonly number[][], (inputs: readonly Tensor[]) => Tensor[]]

const cases: readonly Named[] = [
  ['rms norm', [[rows, size], [size]], ([x, w]) => [rmsNorm(x as Tensor, w as Tensor, 1e-5)]],
  [
    'sum and its norm',
    [[rows, size], [rows, size], [size]],
    ([a, b, w]) => {
      const { sum, normed } = addRmsNorm(a as Tensor, b as Tensor, w as Tensor, 1e-5)
      return [sum, normed]
    },
  ],
  [
    'gated silu',
    [
      [rows, size],
      [rows, size],
    ],
    ([a, b]) => [gatedSilu(a as Tensor, b as Tensor)],
  ],
  [
    'rotation',
    [
      [rows, 3, 8],
      [rows, 1, 4],
      [rows, 1, 4],
    ],
    ([x, c, s]) => {
      // Both halves of a head turn by the same angle.
      const twice = (tensor: Tensor) => concatenate([tensor, tensor], 2)
      const angles = { cosine_T1D: twice(c as Tensor), sine_T1D: twice(s as Tensor) }
      return [rotate(x as Tensor, angles)]
    },
  ],
]

test.each(cases)('%s: values and gradients', (name, shapes, body) => {
  const run = () => {
    using generator = Generator.named(5, name)
    const inputs = shapes.map((shape) => randn(shape, generator))
    const trained = name === 'rotation' ? inputs.slice(0, 1) : inputs
    for (const input of trained) setRequiresGrad(input, true)
    const outputs = body(inputs)
    const given = outputs.map((output) => randn(output.shape, generator))
    const found = gradients(outputs, trained, { given })
    return [...outputs, ...found].map((tensor) => [...readFloats(tensor as Tensor)])
  }
  scope(() => {
    const expected = withoutKernels(run)
    run().forEach((values, i) => {
      const close = expected[i]?.map((value) => expect.closeTo(value, 4))
      expect(values).toEqual(close)
    })
  })
})

test('only the norm, or only the sum, may have a gradient', () => {
  scope(() => {
    const run = (which: number) => {
      using generator = Generator.named(6, 'one')
      const x = randn([rows, size], generator)
      setRequiresGrad(x, true)
      const { sum, normed } = addRmsNorm(
        x,
        randn([rows, size], generator),
        randn([size], generator),
        1e-5,
      )
      const output = which === 0 ? sum : normed
      const [found] = gradients([output], [x], { given: [randn([rows, size], generator)] })
      return [...readFloats(found as Tensor)]
    }
    for (const which of [0, 1]) {
      const expected = withoutKernels(() => run(which)).map((value) => expect.closeTo(value, 4))
      expect(run(which)).toEqual(expected)
    }
  })
})
