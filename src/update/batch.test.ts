import fc from 'fast-check'
import { expect, test } from 'vitest'
import { microBatches, packSequences } from './batch.ts'

test('the shift by one, spelled out', () => {
  const packed = packSequences([
    { tokens: [1, 2, 3, 4], mask: [0, 0, 1, 1] },
    { tokens: [5, 6], mask: [0, 1] },
  ])
  expect(packed).toEqual({
    branches: [
      { tokens: [1, 2, 3], length: 3, parent: null },
      { tokens: [5], length: 1, parent: null },
    ],
    ids: [1, 2, 3, 5],
    positions: [0, 1, 2, 0],
    places: [1, 2, 3],
    targets: [3, 4, 6],
    columns: [[2, 3], [1]],
  })
})

test('a first token is no target, a single token is nothing, a tool span is skipped', () => {
  const packed = packSequences([
    { tokens: [9], mask: [1] },
    { tokens: [1, 2, 3, 4], mask: [1, 0, 0, 1] },
  ])
  expect(packed.branches.map(({ length }) => length)).toEqual([3])
  expect(packed.places).toEqual([2])
  expect(packed.targets).toEqual([4])
  expect(packed.columns).toEqual([[], [3]])
})

test('every place is followed by its target in its own sequence', () => {
  const sequence = fc
    .array(fc.tuple(fc.nat(99), fc.integer({ min: 0, max: 1 })), { minLength: 1, maxLength: 9 })
    .map((rows) => ({ tokens: rows.map(([id]) => id), mask: rows.map(([, one]) => one) }))
  fc.assert(
    fc.property(fc.array(sequence, { maxLength: 5 }), (sequences) => {
      const { ids, places, targets, columns } = packSequences(sequences)
      const inputs = sequences.flatMap(({ tokens }) => tokens.slice(0, -1))
      expect([...ids].sort()).toEqual(inputs.sort())
      const expected = sequences.flatMap(({ tokens }, b) =>
        (columns[b] ?? []).map((column) => [tokens[column - 1], tokens[column]]),
      )
      expect(places.map((place, i) => [ids[place], targets[i]])).toEqual(expected)
      const trained = sequences.flatMap(({ tokens, mask }) =>
        tokens.filter((_, t) => t > 0 && mask[t]),
      )
      expect(targets).toEqual(trained)
    }),
  )
})

test('micro-batches hold every sequence once, keep to the budget and keep kin together', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 })
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 100 }), (sizes, budget) => {
      const sequences = sizes.map((size, index) => ({ tokens: Array<number>(size).fill(index) }))
      const cut = microBatches(sequences, budget)
      expect(cut.flat().sort((a, b) => a - b)).toEqual(sizes.map((_, index) => index))
      for (const members of cut) {
        const total = members.reduce((sum, index) => sum + (sizes[index] ?? 0), 0)
        expect(members.length === 1 || total <= budget).toBe(true)
      }
    }),
  )
  const [a, b] = [Array<number>(20).fill(1), Array<number>(20).fill(2)]
  const kin = [
    [...a, 3],
    [...b, 3],
    [...a, 4, 4],
    [...b, 5],
  ]
  // 21 + 2 more of the first kind fit into 24, as do 21 + 1 of the second.
  expect(
    microBatches(
      kin.map((tokens) => ({ tokens })),
      24,
    ),
  ).toEqual([
    [0, 2],
    [1, 3],
  ])
})
