import { describe, expect, test } from 'vitest'
import { scope } from '../tensor/scope.ts'
import { tensorFrom } from '../tensor/transfer.ts'
import { type Draw, type Drawn, sample } from './sampler.ts'

const draw = (changes: Partial<Draw> = {}): Draw => ({
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  uniform: 0.5,
  ...changes,
})

/** Log-probs of 0.5, 0.3, 0.15, 0.05 in this order, as logits with a constant added. */
const probabilities = [0.15, 0.5, 0.05, 0.3]

function sampleOne(changes: Partial<Draw>): Drawn {
  return scope(() => {
    const logits = Float32Array.from(probabilities, (p) => Math.log(p) + 3)
    return sample(tensorFrom(logits, [1, 4]), [draw(changes)])[0] as Drawn
  })
}

describe('sample', () => {
  test('inverts the cumulative distribution in vocabulary order', () => {
    const tokens = [0, 0.1499, 0.1501, 0.6499, 0.6501, 0.6999, 0.7001, 0.9999999999]
    expect(tokens.map((uniform) => sampleOne({ uniform }).token)).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  test('log-probs are those of the distribution drawn from', () => {
    const plain = sampleOne({ uniform: 0.2 })
    expect(plain.logprob).toBeCloseTo(Math.log(0.5), 6)
    // temperature 0.5 squares the probabilities: 0.25 / (0.0225 + 0.25 + 0.0025 + 0.09)
    const cold = sampleOne({ temperature: 0.5, uniform: 0.2 })
    expect(cold.token).toBe(1)
    expect(cold.logprob).toBeCloseTo(Math.log(0.25 / 0.365), 6)
    expect(cold.plainLogprob).toBeCloseTo(Math.log(0.5), 6)
  })

  test('top-p keeps the smallest set that reaches p, the crossing token included', () => {
    // 0.5 < 0.6, so 0.3 stays as well; the two share 0.8.
    const drawn = [0.1, 0.62, 0.63, 0.99].map((uniform) => sampleOne({ topP: 0.6, uniform }))
    expect(drawn.map(({ token }) => token)).toEqual([1, 1, 3, 3])
    expect(drawn[3]?.logprob).toBeCloseTo(Math.log(0.3 / 0.8), 6)
    expect(sampleOne({ topP: 0.49, uniform: 0.99 }).token).toBe(1)
  })

  test('top-k and min-p', () => {
    expect(sampleOne({ topK: 1, uniform: 0.99 })).toMatchObject({ token: 1 })
    expect(sampleOne({ topK: 1, uniform: 0.99 }).logprob).toBeCloseTo(0, 6)
    // 0.5 * 0.25 = 0.125 keeps 0.5, 0.3 and 0.15
    const kept = [0.01, 0.3, 0.99].map((uniform) => sampleOne({ minP: 0.25, uniform }).token)
    expect(kept).toEqual([0, 1, 3])
    expect(sampleOne({ minP: 0.25, uniform: 0.01 }).logprob).toBeCloseTo(Math.log(0.15 / 0.95), 6)
  })

  test('greedy takes the likeliest and reports its plain log-prob', () => {
    const drawn = sampleOne({ temperature: 0, uniform: 0.01 })
    expect(drawn.token).toBe(1)
    expect(drawn.logprob).toBeCloseTo(Math.log(0.5), 6)
  })

  test('rows of one batch do not touch each other', () => {
    scope(() => {
      const row = Array.from(probabilities, (p) => Math.log(p))
      const logits = tensorFrom(Float32Array.from([...row, ...row, ...row]), [3, 4])
      const settings = [
        draw({ uniform: 0.99 }),
        draw({ temperature: 0 }),
        draw({ topK: 2, uniform: 0.99 }),
      ]
      const together = sample(logits, settings)
      expect(together.map(({ token }) => token)).toEqual([3, 1, 3])
      expect(together[0]?.logprob).toBeCloseTo(Math.log(0.3), 6)
      expect(together[2]?.logprob).toBeCloseTo(Math.log(0.3 / 0.8), 6)
    })
  })

  test('draws follow the distribution', () => {
    const counts = [0, 0, 0, 0]
    scope(() => {
      const row = Array.from(probabilities, (p) => Math.log(p))
      const rows = 2000
      const logits = tensorFrom(
        Float32Array.from({ length: rows * 4 }, (_, i) => row[i % 4] ?? 0),
        [rows, 4],
      )
      const draws = Array.from({ length: rows }, (_, i) => draw({ uniform: (i + 0.5) / rows }))
      for (const { token } of sample(logits, draws)) counts[token] = (counts[token] ?? 0) + 1
    })
    expect(counts).toEqual([300, 1000, 100, 600])
  })
})
