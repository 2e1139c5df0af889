import { expect, test } from 'vitest'
import { liveTensors } from '../tensor/memory.ts'
import { readFloats, tensorFrom } from '../tensor/transfer.ts'
import { AdamW } from './adam-w.ts'
import { ParameterSet } from './parameters.ts'

test('two steps by hand: bias-corrected moments, decay of matrices alone', () => {
  const alive = liveTensors().count
  {
    const masters = new Map([
      ['matrix', tensorFrom(Float32Array.of(1), [1, 1])],
      ['bias', tensorFrom(Float32Array.of(1), [1])],
    ])
    using parameters = new ParameterSet(masters, 'float32')
    const options = { beta1: 0.9, beta2: 0.99, epsilon: 0, weightDecay: 0.5 }
    using optimizer = new AdamW(parameters.all, options)
    const step = (gradient: number) => {
      parameters.clearGradients()
      for (const { compute, master } of parameters.all) {
        const given = tensorFrom(Float32Array.of(gradient), [...master.shape])
        parameters.addGradient(compute, given)
        given.dispose()
      }
      optimizer.step(0.1)
      return parameters.all.map(({ master }) => readFloats(master)[0])
    }
    // m = .2, v = .04; corrected 2 and 4: the step is .1. The matrix first shrinks by 1 - .1 x .5.
    expect(step(2)).toEqual([expect.closeTo(0.85, 6), expect.closeTo(0.9, 6)])
    // m = .08, v = .0496; corrected .08 / .19 and .0496 / .0199: .421053 / 1.578743 = .266701.
    expect(step(-1)).toEqual([
      expect.closeTo(0.85 * 0.95 - 0.0266701, 6),
      expect.closeTo(0.9 - 0.0266701, 6),
    ])
  }
  expect(liveTensors().count).toBe(alive)
})
