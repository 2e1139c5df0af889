import { expect, test } from 'vitest'
import { table } from './table.ts'

test('columns under their heads, numbers to the right, no lines', () => {
  const rows = [
    ['before', '3.1 %'],
    ['after', '42.0 %'],
  ]
  expect(table(rows, { head: ['policy', 'solved'], align: ['left', 'right'] })).toBe(
    'policy  solved\nbefore   3.1 %\nafter   42.0 %\n',
  )
})
