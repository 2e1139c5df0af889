import { expect, test } from 'vitest'
import { tinyConfig } from './fixtures/tiny-model.ts'
import { activationNumbers, recomputedLayers } from './recomputed-layers.ts'

// 4 * 16 + 2 * (4 + 2) * 4 + 3 * 24 = 184 numbers of a token inside a layer, 16 at its input.
const config = { ...tinyConfig, layers: 10 }

test('layers are recomputed only where keeping all would pass the budget', () => {
  expect(activationNumbers(config)).toBe(184)
  const again = (tokens: number) => recomputedLayers(config, { tokens, numberBytes: 1 }, 'auto')
  // 10 * 184 bytes a token: 1,167,110 tokens fit into 2 GiB.
  expect(again(1_167_110)).toBe(0)
  // Beyond, 184 + 160 are spent first; of the rest each kept layer takes 168.
  expect(again(1_167_111)).toBe(2)
  expect(again(2_000_000)).toBe(6)
  expect(again(100_000_000)).toBe(10)
  expect(recomputedLayers(config, { tokens: 1, numberBytes: 1 }, true)).toBe(10)
  expect(recomputedLayers(config, { tokens: 1e9, numberBytes: 1 }, false)).toBe(0)
})
