// The exported formulas against verl's, on random numbers with gaps in their masks: values and
// gradients to 1e-6. `fixtures/verl-numbers.py` made the numbers, with verl of 2026-08-22 (1dda039b9).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type Aggregation,
  aggregate,
  type Correction,
  cispoLoss,
  correctionWeights,
  drGrpo,
  gae,
  groupRelative,
  gspoLoss,
  type KlEstimator,
  klEstimate,
  klLoss,
  opo,
  policyGradientLoss,
  policyLoss,
  reinforcePlusPlus,
  reinforcePlusPlusBaseline,
  rloo,
  valueLoss,
} from '../src/index.ts'
import { gradients, setRequiresGrad } from '../src/tensor/autograd.ts'
import { scope } from '../src/tensor/scope.ts'
import type { Tensor } from '../src/tensor/tensor.ts'
import { item, readFloats, tensorFrom } from '../src/tensor/transfer.ts'

type Rows = readonly (readonly number[])[]

interface Evaluated {
  readonly loss: number
  readonly gradient: Rows
}

interface Case {
  readonly mask: Rows
  readonly groups: readonly string[]
  readonly tokenRewards: Rows
  readonly values: Rows
  readonly oldValues: Rows
  readonly returns: Rows
  readonly oldLogprobs: Rows
  readonly logprobs: Rows
  readonly advantages: Rows
  readonly gamma: number
  readonly lambda: number
  readonly clipRange: { readonly low: number; readonly high: number }
  readonly dualClip: number
  readonly valueRange: number
  readonly aggregation: Aggregation['kind']
  readonly estimates: Readonly<Record<string, Rows>>
  readonly losses: Readonly<Record<string, Evaluated>>
  readonly weights: readonly { readonly correction: Correction; readonly weights: Rows }[]
}

const path = join(import.meta.dirname, 'fixtures/verl-numbers.json')
const cases = JSON.parse(readFileSync(path, 'utf8')) as readonly Case[]

/** Relative above one, absolute below: float32 holds no more. */
function expectClose(found: Iterable<number>, wanted: Iterable<number>): void {
  const [got, want] = [[...found], [...wanted]]
  const gaps = want.map(
    (value, i) => Math.abs((got[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value)),
  )
  expect(got).toHaveLength(want.length)
  for (const gap of gaps) expect(gap).toBeLessThan(1e-6)
}

const total = (row: readonly number[]) => row.reduce((sum, value) => sum + value, 0)
const table = (rows: Rows) =>
  tensorFrom(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0])

/** The loss of the mini-batch, and its gradient by `at`. */
function check(
  { mask, aggregation }: Case,
  at: Rows,
  wanted: Evaluated | undefined,
  losses: (at: Tensor) => Tensor,
): void {
  scope(() => {
    const leaf = table(at)
    setRequiresGrad(leaf, true)
    const lengths = mask.map(total)
    const totals = { tokens: total(lengths), sequences: lengths.filter(Boolean).length }
    const length = mask[0]?.length ?? 0
    const chosen: Aggregation =
      aggregation === 'sequenceMeanTokenSumNorm'
        ? { kind: aggregation, length }
        : { kind: aggregation }
    const loss = aggregate(losses(leaf), table(mask), chosen, totals)
    const [gradient] = gradients([loss], [leaf])
    expectClose([item(loss)], [wanted?.loss ?? Number.NaN])
    expectClose(readFloats(gradient ?? leaf), wanted?.gradient.flat() ?? [])
  })
}

describe.each(cases.map((one, index) => ({ index, one })))('case $index', ({ one }) => {
  const { mask, groups, tokenRewards, gamma, estimates, losses, clipRange, dualClip } = one
  const { logprobs, oldLogprobs, advantages } = one

  test('advantages', () => {
    const { advantages: found, returns } = gae({ ...one, tokenRewards })
    expectClose(found.flat(), estimates['gae']?.flat() ?? [])
    expectClose(returns.flat(), estimates['returns']?.flat() ?? [])
    const pluses = reinforcePlusPlus({ tokenRewards, mask, gamma }).advantages
    expectClose(pluses.flat(), estimates['reinforcePlusPlus']?.flat() ?? [])
    const input = { rewards: tokenRewards.map(total), groups, mask }
    const baselines = { groupRelative, drGrpo, rloo, opo, reinforcePlusPlusBaseline }
    for (const [name, estimator] of Object.entries(baselines)) {
      expectClose(estimator(input).flat(), estimates[name]?.flat() ?? [])
    }
  })

  test('losses', () => {
    const input = (at: Tensor) => ({
      logprobs: at,
      oldLogprobs: table(oldLogprobs),
      advantages: table(advantages),
      mask: table(mask),
    })
    check(
      one,
      logprobs,
      losses['policyLoss'],
      (at) => policyLoss(input(at), { clipRange, dualClip }).losses,
    )
    check(one, logprobs, losses['cispoLoss'], (at) => cispoLoss(input(at), clipRange).losses)
    check(one, logprobs, losses['policyGradientLoss'], (at) =>
      policyGradientLoss(at, table(advantages)),
    )
    const means = { ...one, aggregation: 'sequenceMeanTokenMean' } as const
    check(means, logprobs, losses['gspoLoss'], (at) => gspoLoss(input(at), clipRange).losses)
    check(one, one.values, losses['valueLoss'], (values) => {
      const others = { oldValues: table(one.oldValues), returns: table(one.returns) }
      return valueLoss({ values, ...others }, one.valueRange).losses
    })
  })

  test('KL and sampler correction', () => {
    for (const name of ['k1', 'k2', 'k3', 'k1+', 'k3+']) {
      const options = { estimator: name.slice(0, 2) as KlEstimator, straight: name.endsWith('+') }
      check(one, logprobs, losses[`klLoss ${name}`], (at) =>
        klLoss(at, table(oldLogprobs), options),
      )
    }
    const k3 = mask.map((row, b) => klEstimate('k3', logprobs[b] ?? [], oldLogprobs[b] ?? [], row))
    expect(Math.max(...k3.flat())).toBeLessThanOrEqual(10)
    for (const { correction, weights } of one.weights) {
      expectClose(correctionWeights(logprobs, oldLogprobs, mask, correction).flat(), weights.flat())
    }
  })
})
