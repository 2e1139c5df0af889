// The kernel of a training step's attention against libtorch's, on a forest of shared beginnings.

import { expect, test } from 'vitest'
import { type Branch, branchAttention } from '../src/model/attention.ts'
import type { RopeAngles } from '../src/model/rope.ts'
import { gradients, setRequiresGrad } from '../src/tensor/autograd.ts'
import { ones, randn, zeros } from '../src/tensor/creation.ts'
import { setThreadCount, threadCount } from '../src/tensor/device.ts'
import { Generator } from '../src/tensor/generator.ts'
import { withoutKernels } from '../src/tensor/kernel.ts'
import { scope } from '../src/tensor/scope.ts'
import { readFloats, toDtype } from '../src/tensor/transfer.ts'

/** Beginnings longer and shorter than a block of keys, branches of one token, trees side by side. */
const forest: readonly Branch[] = [
  { length: 70, parent: null },
  { length: 5, parent: 0 },
  { length: 130, parent: 0 },
  { length: 1, parent: 2 },
  { length: 49, parent: 2 },
  { length: 1, parent: null },
  { length: 64, parent: null },
]
const tokens = forest.reduce((sum, { length }) => sum + length, 0)
const headSize = 32

/** What is seen, and the gradients of queries, keys and values, end to end. */
function run(dtype: 'float32' | 'bfloat16', heads: number, kvHeads: number): Float32Array[] {
  return scope(() => {
    using generator = Generator.named(1, 'attention')
    const draw = (count: number) => {
      const rounded = toDtype(randn([tokens, count, headSize], generator), 'bfloat16')
      return toDtype(rounded, dtype)
    }
    const inputs = [draw(heads), draw(kvHeads), draw(kvHeads)] as const
    const given = [draw(heads)]
    for (const input of inputs) setRequiresGrad(input, true)
    // Angles of nothing: the rotation has a test of its own.
    const angles: RopeAngles = {
      cosine_T1D: ones([tokens, 1, headSize], { dtype }),
      sine_T1D: zeros([tokens, 1, headSize], { dtype }),
    }
    const [query_TND, key_TKD, value_TKD] = inputs
    const attend = branchAttention(forest, query_TND, headSize)
    const seen = attend(0, { query_TND, key_TKD, value_TKD }, angles)
    const found = gradients([seen], inputs, { given })
    return [seen, ...found].map((tensor) => (tensor ? readFloats(tensor) : new Float32Array()))
  })
}

function largestGap(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length))
  const gaps = a.map((values, i) =>
    values.reduce(
      (most, value, j) => Math.max(most, Math.abs(value - (b[i]?.[j] ?? Number.NaN))),
      0,
    ),
  )
  return Math.max(...gaps)
}

test.each([
  [2, 2],
  [6, 2],
])('%i heads over %i: values and gradients', (heads, kvHeads) => {
  const exact = withoutKernels(() => run('float32', heads, kvHeads))
  expect(largestGap(run('float32', heads, kvHeads), exact)).toBeLessThan(2e-5)
  // In bfloat16 no further from the exact numbers than libtorch's own.
  const theirs = largestGap(
    withoutKernels(() => run('bfloat16', heads, kvHeads)),
    exact,
  )
  expect(largestGap(run('bfloat16', heads, kvHeads), exact)).toBeLessThan(1.2 * theirs)
})

test('the number of threads changes no bit', () => {
  const before = threadCount()
  const [one, three] = [1, 3].map((count) => {
    setThreadCount(count)
    return run('float32', 6, 2)
  })
  setThreadCount(before)
  expect(three).toEqual(one)
})
