import { expect, test } from 'vitest'
import { Occupancy } from './occupancy.ts'

test('a program that takes long gives its slot back as soon as there is a place to linger', () => {
  const occupancy = new Occupancy(1, 1)
  occupancy.begin(1)
  expect(occupancy.hasSlot).toBe(false)
  occupancy.takesLong(1)
  expect(occupancy).toMatchObject({ hasSlot: true, held: 0, running: 1 })
  occupancy.begin(2)
  occupancy.takesLong(2)
  expect(occupancy).toMatchObject({ hasSlot: false, held: 1, running: 2 })
  occupancy.end(1)
  expect(occupancy).toMatchObject({ hasSlot: true, held: 0, running: 1 })
  occupancy.end(2)
  occupancy.takesLong(2)
  expect(occupancy).toMatchObject({ hasSlot: true, held: 0, running: 0 })
})
