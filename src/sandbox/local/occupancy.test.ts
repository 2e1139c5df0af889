import { expect, test } from 'vitest'
import { Occupancy } from './occupancy.ts'

test('a program that takes long gives its slot back and is counted until it ends', () => {
  const occupancy = new Occupancy(1)
  occupancy.begin(1)
  expect(occupancy).toMatchObject({ hasSlot: false, held: 1, running: 1 })
  occupancy.takesLong(1)
  expect(occupancy).toMatchObject({ hasSlot: true, held: 0, running: 1 })
  occupancy.begin(2)
  occupancy.end(1)
  expect(occupancy).toMatchObject({ hasSlot: false, held: 1, running: 1 })
  occupancy.end(2)
  occupancy.takesLong(2)
  expect(occupancy).toMatchObject({ hasSlot: true, held: 0, running: 0 })
})
