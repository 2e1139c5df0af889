import { expect, test } from 'vitest'
import { NearDuplicates, signatureOf, similarity, wordsOf } from './near-duplicates.ts'

const words = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `w${from + index}`).join(' ')

test('the estimate is near the true similarity of the shingles', () => {
  // 98 shingles each, 58 of them shared: 58 / 138.
  const estimate = similarity(signatureOf(words(0, 100)), signatureOf(words(40, 100)))
  expect(estimate).toBeGreaterThan(58 / 138 - 0.13)
  expect(estimate).toBeLessThan(58 / 138 + 0.13)
  expect(similarity(signatureOf('a b c d'), signatureOf('A  b, c d!'))).toBe(1)
})

test('finds a changed word in a long question and leaves others alone', () => {
  const seen = new NearDuplicates(0.7)
  expect(seen.add('a', words(0, 40))).toBeNull()
  expect(seen.add('b', `${words(0, 39)} other`)).toBe('a')
  expect(seen.add('c', words(100, 40))).toBeNull()
  expect(seen.add('d', 'two words')).toBeNull()
  expect(seen.add('e', 'two words')).toBe('d')
})

test('words are compared without case and punctuation', () => {
  expect(wordsOf('Is 3.5 kg, or Ünder?')).toEqual(['is', '3', '5', 'kg', 'or', 'ünder'])
})
