// A file of tests that must give back every tensor.

import { afterAll, beforeAll, expect } from 'vitest'
import { liveTensors } from '../src/tensor/memory.ts'

/** Called before any other hook of the file is set up: it counts first and last. */
export function expectNoTensorsLeft(): void {
  let before = 0
  beforeAll(() => {
    before = liveTensors().count
  })
  afterAll(() => {
    expect(liveTensors().count).toBe(before)
  })
}
