import { expect, test } from 'vitest'
import { tinyConfig } from './fixtures/tiny-model.ts'
import { activationNumbers, recomputedLayers } from './recomputed-layers.ts'

// 6 * 16 + 2 * (4 + 2) * 4 + 3 * 24 = 216 numbers of a token inside a layer, 16 at its input.
const config = { ...tinyConfig, layers: 10 }

test('layers are recomputed only where keeping all would pass the budget', () => {
  expect(activationNumbers(config)).toBe(216)
  const again = (tokens: number) => recomputedLayers(config, { tokens, numberBytes: 1 }, 'auto')
  // 10 * 216 bytes a token: 994,205 tokens fit into 2 GiB.
  expect(again(994_205)).toBe(0)
  // Beyond, 216 + 160 are spent first; of the rest each kept layer takes 200.
  expect(again(994_206)).toBe(2)
  expect(again(2_000_000)).toBe(7)
  expect(again(100_000_000)).toBe(10)
  expect(recomputedLayers(config, { tokens: 1, numberBytes: 1 }, true)).toBe(10)
  expect(recomputedLayers(config, { tokens: 1e9, numberBytes: 1 }, false)).toBe(0)
})
