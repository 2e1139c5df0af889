// Values and gradients computed by hand from the formulas.

import { expect, test } from 'vitest'
import { gradients, setRequiresGrad } from '../tensor/autograd.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { item, readFloats, tensorFrom } from '../tensor/transfer.ts'
import { type Aggregation, aggregate } from './aggregate.ts'
import { cispoLoss } from './cispo-loss.ts'
import { gspoLoss } from './gspo-loss.ts'
import { klLoss } from './kl-loss.ts'
import { policyGradientLoss } from './policy-gradient-loss.ts'
import { policyLoss } from './policy-loss.ts'
import { valueLoss } from './value-loss.ts'

function table(...rows: number[][]): Tensor {
  return tensorFrom(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0])
}

function close(...values: number[]) {
  return values.map((value) => expect.closeTo(value, 5))
}

/** Loss of the mini-batch and its gradient by the log-probs. */
function evaluated(
  logprobs: Tensor,
  mask: Tensor,
  losses: (logprobs: Tensor) => Tensor,
  aggregation: Aggregation = { kind: 'tokenMean' },
): { loss: number; gradient: number[] } {
  setRequiresGrad(logprobs, true)
  const counts = [...readFloats(mask)]
  const width = mask.dimension(1)
  const sequences = counts.filter((_, i) => i % width === 0).length
  const tokens = counts.reduce((sum, one) => sum + one, 0)
  const loss = aggregate(losses(logprobs), mask, aggregation, { tokens, sequences })
  const [gradient] = gradients([loss], [logprobs])
  return { loss: item(loss), gradient: [...readFloats(gradient ?? loss)] }
}

const old = [-1, -2, -0.5, -3]
const now = [-0.8, -2.5, -0.5, -1.5]
const mask = [1, 1, 0, 1]
const clipRange = { low: 0.2, high: 0.28 }
// r = [1.221403, .606531, 1, 4.481689]

function input(advantage: number, logprobs: Tensor) {
  const advantages = table(old.map(() => advantage))
  return { logprobs, oldLogprobs: table(old), advantages, mask: table(mask) }
}

test('clipped policy loss, A = +1: the large ratio is clipped and has no gradient', () => {
  scope(() => {
    const { loss, gradient } = evaluated(table(now), table(mask), (logprobs) => {
      const { losses, clipped } = policyLoss(input(1, logprobs), { clipRange, dualClip: 3 })
      expect([...readFloats(clipped)]).toEqual([0, 0, 0, 1])
      return losses
    })
    expect(loss).toBeCloseTo(-1.035978, 5)
    expect(gradient).toEqual(close(-1.221403 / 3, -0.606531 / 3, 0, 0))
  })
})

test('clipped policy loss, A = -1: small ratios are clipped, large ones bounded by the dual clip', () => {
  scope(() => {
    const { loss, gradient } = evaluated(
      table(now),
      table(mask),
      (logprobs) => policyLoss(input(-1, logprobs), { clipRange, dualClip: 3 }).losses,
    )
    expect(loss).toBeCloseTo(1.673801, 5)
    expect(gradient).toEqual(close(1.221403 / 3, 0, 0, 0))
    const unbounded = evaluated(
      table(now),
      table(mask),
      (logprobs) => policyLoss(input(-1, logprobs), { clipRange, dualClip: null }).losses,
    )
    expect(unbounded.loss).toBeCloseTo((1.221403 + 0.8 + 4.481689) / 3, 5)
    expect(unbounded.gradient).toEqual(close(1.221403 / 3, 0, 0, 4.481689 / 3))
  })
})

test('CISPO: the clipped ratio weighs the log-prob and every token keeps its gradient', () => {
  scope(() => {
    const { loss, gradient } = evaluated(
      table(now),
      table(mask),
      (logprobs) => cispoLoss(input(1, logprobs), clipRange).losses,
    )
    expect(loss).toBeCloseTo(1.632374, 5)
    expect(gradient).toEqual(close(-1.221403 / 3, -0.8 / 3, 0, -1.28 / 3))
  })
})

test('GSPO: one ratio for the trajectory, the gradient of its own tokens', () => {
  scope(() => {
    // log s = (.2 - .5 + 1.5) / 3 = .4, s = 1.491825: clipped for A = 1, not for A = -1.
    const kind = { kind: 'sequenceMeanTokenMean' } as const
    const loss = (advantage: number) =>
      evaluated(
        table(now),
        table(mask),
        (logprobs) => gspoLoss(input(advantage, logprobs), clipRange).losses,
        kind,
      )
    expect(loss(1)).toEqual({ loss: expect.closeTo(-1.28, 5), gradient: close(0, 0, 0, 0) })
    const third = 1.491825 / 3
    expect(loss(-1)).toEqual({
      loss: expect.closeTo(1.491825, 5),
      gradient: close(third, third, 0, third),
    })
  })
})

test('plain policy gradient', () => {
  scope(() => {
    const advantages = table([2, -1, 9, 0.5])
    const { loss, gradient } = evaluated(table(now), table(mask), (logprobs) =>
      policyGradientLoss(logprobs, advantages),
    )
    expect(loss).toBeCloseTo((1.6 - 2.5 + 0.75) / 3, 5)
    expect(gradient).toEqual(close(-2 / 3, 1 / 3, 0, -0.5 / 3))
  })
})

test('value loss: the worse of the plain and the clipped estimate counts', () => {
  scope(() => {
    const values = table([1, 2, 0, 0.1])
    const oldValues = table([0, 2, 0, 0])
    const returns = table([2, 1, 0, 0])
    const all = table([1, 1, 1, 1])
    const { loss, gradient } = evaluated(values, all, (v) => {
      const { losses, clipped } = valueLoss({ values: v, oldValues, returns }, 0.5)
      expect([...readFloats(losses)]).toEqual(close(1.125, 0.5, 0, 0.005))
      expect([...readFloats(clipped)]).toEqual([1, 0, 0, 0])
      return losses
    })
    expect(loss).toBeCloseTo(1.63 / 4, 5)
    expect(gradient).toEqual(close(0, 0.25, 0, 0.025))
    const plain = evaluated(
      values,
      all,
      (v) => valueLoss({ values: v, oldValues, returns }, null).losses,
    )
    expect(plain.loss).toBeCloseTo((0.5 + 0.5 + 0 + 0.005) / 4, 5)
  })
})

test('KL losses: value and gradient of k1, k2, k3, and straight through', () => {
  scope(() => {
    // d = reference - new = [-.5, .5]
    const reference = [-1.5, -0.5]
    const value = (estimator: 'k1' | 'k2' | 'k3', straight = false) =>
      evaluated(table([-1, -1]), table([1, 1]), (logprobs) =>
        klLoss(logprobs, table(reference), { estimator, straight }),
      )
    expect(value('k1')).toEqual({ loss: expect.closeTo(0, 5), gradient: close(0.5, 0.5) })
    expect(value('k2')).toEqual({ loss: expect.closeTo(0.125, 5), gradient: close(0.25, -0.25) })
    const k3 = (0.106531 + 0.148721) / 2
    expect(value('k3')).toEqual({
      loss: expect.closeTo(k3, 5),
      gradient: close((1 - 0.606531) / 2, (1 - 1.648721) / 2),
    })
    expect(value('k3', true)).toEqual({ loss: expect.closeTo(k3, 5), gradient: close(0.25, -0.25) })
    expect(value('k1', true)).toEqual({ loss: expect.closeTo(0, 5), gradient: close(0.25, -0.25) })
  })
})

test('the four aggregations, and that micro-batches add up to the mini-batch', () => {
  scope(() => {
    const losses = [
      [1, 2, 3],
      [4, Number.NaN, Number.POSITIVE_INFINITY],
      [Number.NaN, 0, 0],
    ]
    const masks = [
      [1, 1, 1],
      [1, 0, 0],
      [0, 0, 0],
    ]
    const totals = { tokens: 4, sequences: 2 }
    const expected: [Aggregation, number][] = [
      [{ kind: 'tokenMean' }, 10 / 4],
      [{ kind: 'sequenceMeanTokenMean' }, (2 + 4) / 2],
      [{ kind: 'sequenceMeanTokenSum' }, (6 + 4) / 2],
      [{ kind: 'sequenceMeanTokenSumNorm', length: 5 }, 10 / 2 / 5],
    ]
    for (const [aggregation, value] of expected) {
      const whole = aggregate(table(...losses), table(...masks), aggregation, totals)
      expect(item(whole)).toBeCloseTo(value, 5)
      const parts = losses.map((row, i) =>
        item(aggregate(table(row), table(masks[i] ?? []), aggregation, totals)),
      )
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(value, 5)
    }
  })
})
