import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prefixTree } from './prefix-tree.ts'

test('a common beginning is there once', () => {
  const { branches, paths } = prefixTree(
    [
      [7, 7, 1, 2],
      [7, 7, 1, 3],
      [7, 7, 5],
      [7, 7],
    ],
    2,
  )
  expect(branches.map(({ tokens }) => tokens)).toEqual([[7, 7], [1, 2], [1, 3], [5]])
  expect(branches.map(({ parent }) => parent)).toEqual([null, 0, 0, 0])
  expect(paths).toEqual([[0, 1], [0, 2], [0, 3], [0]])
})

test('short common runs stay with each sequence; empty sequences have no branch', () => {
  const { branches, paths } = prefixTree([[1, 2], [1, 3], []], 2)
  expect(branches.map(({ tokens }) => tokens)).toEqual([
    [1, 2],
    [1, 3],
  ])
  expect(paths).toEqual([[0], [1], []])
})

test('paths spell their sequences, parents come first, and nothing long is there twice', () => {
  const sequence = fc.array(fc.nat(1), { maxLength: 12 })
  fc.assert(
    fc.property(
      fc.array(sequence, { maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      (all, least) => {
        const { branches, paths } = prefixTree(all, least)
        const spelled = paths.map((path) => path.flatMap((index) => branches[index]?.tokens ?? []))
        expect(spelled).toEqual(all)
        branches.forEach(({ parent, length, tokens }, index) => {
          expect(length).toBe(tokens.length)
          expect(parent === null || parent < index).toBe(true)
        })
        paths.forEach((path) => {
          expect(path.map((branch) => branches[branch]?.parent ?? null)).toEqual(
            [null, ...path].slice(0, path.length),
          )
        })
        const packed = branches.reduce((sum, { length }) => sum + length, 0)
        expect(packed).toBeLessThanOrEqual(all.reduce((sum, { length }) => sum + length, 0))
        if (least === 1) expect(packed).toBe(new Set(all.flatMap(prefixes)).size)
      },
    ),
  )
})

/** All non-empty beginnings of a sequence: with runs of any length shared, each is one token. */
function prefixes(tokens: readonly number[]): string[] {
  return tokens.map((_, index) => tokens.slice(0, index + 1).join(' '))
}
