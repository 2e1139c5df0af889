// Our own kernels against the same composed of libtorch's operators, in both dtypes.

import { describe, expect, test } from 'vitest'
import { Cache } from '../src/generate/cache.ts'
import { cachedAttention } from '../src/generate/cached-attention.ts'
import { sample } from '../src/generate/sampler.ts'
import type { ModelConfig } from '../src/model/config.ts'
import { inverseFrequencies, ropeAngles } from '../src/model/rope.ts'
import { multiply } from '../src/tensor/arithmetic.ts'
import { inference } from '../src/tensor/autograd.ts'
import { ones, rand, randn } from '../src/tensor/creation.ts'
import type { DType } from '../src/tensor/dtype.ts'
import { Generator } from '../src/tensor/generator.ts'
import { hasPackedLinear, withoutKernels } from '../src/tensor/kernel.ts'
import {
  addRmsNorm,
  gatedSilu,
  linear,
  linearPacked,
  packed,
  rmsNorm,
} from '../src/tensor/neural.ts'
import { operator } from '../src/tensor/operator.ts'
import { scope } from '../src/tensor/scope.ts'
import type { Tensor } from '../src/tensor/tensor.ts'
import { clone, integers, readFloats, toDtype } from '../src/tensor/transfer.ts'

const config: ModelConfig = {
  family: 'llama',
  vocabularySize: 1500,
  hiddenSize: 72,
  intermediateSize: 100,
  layers: 1,
  heads: 6,
  kvHeads: 2,
  headSize: 12,
  normEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: { kind: 'none' } },
  contextLength: 128,
  tiedHead: true,
  attentionBias: false,
  outputBias: false,
  mlpBias: false,
  queryKeyNorm: false,
  bosToken: null,
  eosTokens: [],
  dtype: 'float32',
}

/** Greatest difference over the greatest expected value. */
function gap(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape)
  expect(actual.dtype).toBe(expected.dtype)
  const [a, b] = [readFloats(actual), readFloats(expected)]
  const differences = Array.from(b, (value, index) => Math.abs(value - (a[index] ?? Number.NaN)))
  return Math.max(...differences) / Math.max(...Array.from(b, Math.abs))
}

const cases: [DType, number][] = [
  ['float32', 1e-6],
  ['bfloat16', 0.01],
]

describe.each(cases)('kernels in %s', (dtype, tolerance) => {
  const compare = (body: (random: (...shape: number[]) => Tensor) => Tensor[]) =>
    scope(() =>
      inference(() => {
        const run = () => {
          using generator = Generator.named(1, 'kernels')
          return body((...shape) => toDtype(randn(shape, generator), dtype))
        }
        const [kernel, reference] = [run(), withoutKernels(run)]
        kernel.forEach((tensor, index) => {
          expect(gap(tensor, reference[index] as Tensor)).toBeLessThan(tolerance)
        })
      }),
    )

  test('norms, with and without an addition', () => {
    compare((random) => {
      const [a, b, weight] = [random(5, 72), random(5, 72), random(72)]
      const { sum, normed } = addRmsNorm(a, b, weight, 1e-5)
      return [rmsNorm(a, weight, 1e-5), sum, normed]
    })
  })

  test('linear maps of few rows, with and without a bias', () => {
    compare((random) => {
      const [weight, bias] = [random(50, 72), random(50)]
      return [linear(random(1, 72), weight), linear(random(4, 72), weight, bias)]
    })
  })

  test('gated SiLU, also far from zero', () => {
    compare((random) => [gatedSilu(multiply(random(7, 33), 40), random(7, 33))])
  })

  // 12 is a size without a kernel for longer pieces.
  test.each([12, 64, 128])('rotary, cache and attention over pages, heads of %i', (headSize) => {
    const sized = { ...config, headSize }
    compare((random) => {
      using cache = new Cache(sized, { slots: 320, dtype, device: 'cpu' })
      const frequencies = inverseFrequencies(sized, 'cpu')
      const outputs: Tensor[] = []
      const step = (pieces: { tokens: number[]; start: number; pages: number[] }[]) => {
        const count = pieces.reduce((total, { tokens }) => total + tokens.length, 0)
        const positions = pieces.flatMap(({ tokens, start }) => tokens.map((_, i) => start + i))
        const angles = ropeAngles(frequencies, integers(positions), sized, dtype)
        const heads = {
          query_TND: random(count, 6, headSize),
          key_TKD: random(count, 2, headSize),
          value_TKD: random(count, 2, headSize),
        }
        outputs.push(clone(cachedAttention(cache, pieces)(0, heads, angles)))
      }
      const prompt = (length: number) => Array.from({ length }, (_, i) => i)
      const long = [19, 7, 12, 8, 18, 9, 17, 10, 16, 11]
      step([
        { tokens: prompt(17), start: 0, pages: [3, 1] },
        { tokens: [1], start: 0, pages: [5] },
        { tokens: prompt(141), start: 0, pages: long },
      ])
      step([
        { tokens: [1], start: 17, pages: [3, 1] },
        { tokens: [2], start: 1, pages: [5] },
        { tokens: [3], start: 141, pages: long },
      ])
      step([
        { tokens: prompt(4), start: 2, pages: [5] },
        { tokens: prompt(9), start: 142, pages: long },
        { tokens: [9], start: 18, pages: [3, 1] },
      ])
      return outputs
    })
  })
})

describe.runIf(packs())('linear maps of packed weights', () => {
  test.each([1, 2, 11, 12, 13, 30])('%i rows, outputs that fill no block', (rows) => {
    scope(() =>
      inference(() => {
        using generator = Generator.named(3, 'packed')
        const random = (...shape: number[]) => toDtype(randn(shape, generator), 'bfloat16')
        const [input, weight, bias] = [random(rows, 70), random(50, 70), random(50)]
        const copy = packed(weight)
        for (const added of [null, bias]) {
          const expected = withoutKernels(() => linear(input, weight, added))
          const [found] = linearPacked(input, [{ packed: copy, bias: added, outputs: 50 }])
          expect(gap(found as Tensor, expected)).toBeLessThan(0.01)
        }
        // Several maps at once change no bit.
        const maps = [
          { packed: copy, bias, outputs: 50 },
          { packed: packed(random(20, 70)), bias: null, outputs: 20 },
        ]
        const alone = maps.flatMap((map) => linearPacked(input, [map]))
        expect(linearPacked(input, maps).map(readFloats)).toEqual(alone.map(readFloats))
      }),
    )
  })
})

function packs(): boolean {
  return inference(() => scope(() => hasPackedLinear(ones([2, 2], { dtype: 'bfloat16' }))))
}

describe('the sampling kernel', () => {
  const settings = [
    {},
    { temperature: 0 },
    { temperature: 0.6 },
    { temperature: 1.7, topK: 40 },
    { topP: 0.7 },
    { topP: 0.999 },
    { minP: 0.05 },
    { temperature: 0.9, topK: 300, topP: 0.9, minP: 0.01 },
    { topK: 1 },
  ]

  test.each(settings)('draws as the composed operators do: %j', (changes) => {
    scope(() =>
      inference(() => {
        using generator = Generator.named(2, 'logits')
        const rows = 40
        const logits = multiply(randn([rows, 1500], generator), 3)
        const uniforms = readFloats(rand([rows], generator))
        const draws = Array.from(uniforms, (uniform) => ({
          ...{ temperature: 1, topP: 1, topK: 0, minP: 0, uniform },
          ...changes,
        }))
        const kernel = sample(logits, draws)
        const reference = withoutKernels(() => sample(logits, draws))
        expect(kernel.map(({ token }) => token)).toEqual(reference.map(({ token }) => token))
        kernel.forEach((drawn, row) => {
          expect(drawn.logprob).toBeCloseTo(reference[row]?.logprob ?? Number.NaN, 5)
          expect(drawn.plainLogprob).toBeCloseTo(reference[row]?.plainLogprob ?? Number.NaN, 5)
        })
      }),
    )
  })

  test('a NaN among the logits is an error, not a token', () => {
    scope(() =>
      inference(() => {
        using generator = Generator.named(3, 'logits')
        const broken = operator('aten::masked_fill', 'Scalar')(
          randn([1, 9], generator),
          toDtype(integers([0, 0, 1, 0, 0, 0, 0, 0, 0], [1, 9]), 'bool'),
          Number.NaN,
        )
        const draw = { temperature: 1, topP: 1, topK: 0, minP: 0, uniform: 0.5 }
        expect(() => sample(broken, [draw])).toThrow(/NaN/)
      }),
    )
  })
})

test('kernels refuse what would read outside of memory', () => {
  scope(() =>
    inference(() => {
      using generator = Generator.named(4, 'bad')
      const [query, cache] = [randn([1, 6, 12], generator), randn([32, 2, 12], generator)]
      const decode = operator('retool::decode_attention')
      const call = (pages: number[], length: number) =>
        decode(query, cache, cache, integers(pages, [1, pages.length]), integers([length]), 16)
      expect(call([1], 16).shape).toEqual([1, 6, 12])
      expect(() => call([2], 1)).toThrow(/outside the cache/)
      expect(() => call([-1], 1)).toThrow(/outside the cache/)
      expect(() => call([1], 17)).toThrow(/length 17/)
      expect(() => operator('retool::rms_norm')(query, randn([5], generator), 1e-5)).toThrow(/norm/)
    }),
  )
})
