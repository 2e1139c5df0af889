import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactlyEqual } from './exact-equivalence.ts'

test.each([
  ['5', '5', true],
  ['5', '6', false],
  ['1,234', '1234', true],
  ['1{,}234', '1234', true],
  ['$1,234.50', '2469/2', true],
  ['\\$5', '5.00', true],
  ['1/2', '\\frac{2}{4}', true],
  ['-\\dfrac{3}{4}', '-0.75', true],
  ['\u22125', '-5', true],
  ['50%', '1/2', true],
  ['50\\%', '0.5', true],
  ['-0', '0', true],
  ['1/3', '0.33', false],
  ['1', '-1', false],
  ['99999999999999999999999999', '99999999999999999999999998', false],
])('%s and %s: %s', (reference, answer, equal) => {
  expect(exactlyEqual(reference, answer)).toBe(equal)
})

test.each([
  ['1/3', '0.333333'],
  ['50%', '50'],
  ['5', '5.0000001'],
  ['x', '5'],
  ['1/0', '1'],
  ['1,23', '123'],
  ['5', '5 dollars'],
  ['5', ''],
  ['5', '9'.repeat(100_000)],
])('%s and %.20s are left to the grader', (reference, answer) => {
  expect(exactlyEqual(reference, answer)).toBeNull()
})

test('integers are equal exactly when they are the same', () => {
  const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  fc.assert(
    fc.property(integer, integer, (a, b) => {
      expect(exactlyEqual(`${a}`, `${b}`)).toBe(a === b)
      expect(exactlyEqual(`${a}`, `${a}`)).toBe(true)
      expect(exactlyEqual(a.toLocaleString('en-US'), `${a}`)).toBe(true)
    }),
  )
})

test('a fraction equals every multiple of itself', () => {
  const positive = fc.integer({ min: 1, max: 1000 })
  fc.assert(
    fc.property(
      fc.integer({ min: -1000, max: 1000 }),
      positive,
      positive,
      (top, bottom, factor) => {
        const sign = top < 0 ? '-' : ''
        const spelled = `${sign}\\frac{${Math.abs(top) * factor}}{${bottom * factor}}`
        expect(exactlyEqual(`${top}/${bottom}`, spelled)).toBe(true)
        expect(exactlyEqual(spelled, `${top + 1}/${bottom}`)).toBe(false)
      },
    ),
  )
})
