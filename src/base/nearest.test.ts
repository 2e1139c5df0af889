import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test('suggests a near name and stays silent about a far one', () => {
  const known = ['learningRate', 'groupSize', 'turnLimit']
  expect(nearest('lerningRate', known)).toBe('learningRate')
  expect(nearest('GROUPSIZE', known)).toBe('groupSize')
  expect(nearest('colour', known)).toBeUndefined()
  expect(nearest('gdc', ['ab', 'gcd'])).toBe('gcd')
})
