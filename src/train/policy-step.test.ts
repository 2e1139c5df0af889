// What a step measures, on the smallest model.

import { expect, test } from 'vitest'
import { responseMask } from '../trajectory/mask.ts'
import { tokensOf } from '../trajectory/segment.ts'
import { trainingSequence } from '../update/batch.ts'
import { tinyStage } from './fixtures/tiny-training.ts'
import { type PolicyStage, policyStep } from './policy-step.ts'

test('float32: engine and learner agree to 1e-5, over tool spans and cut-off turns', async () => {
  using tiny = tinyStage('float32')
  const { stage } = tiny
  let own: readonly Float32Array[] = []
  const improve: PolicyStage['improve'] = (credited, options, shuffle) => {
    own = stage.learner.score(
      credited.map((one) => trainingSequence(one.trajectory)),
      1,
    ).logprobs
    return stage.learner.improve(credited, options, shuffle)
  }
  // Rewards differ, so that every trajectory is learnt from.
  const reward: PolicyStage['reward'] = async ({ problem, trajectories }) => ({
    problem,
    members: trajectories.map((trajectory, index) => ({
      trajectory,
      reward: { total: index, parts: {}, correct: null },
    })),
  })
  const update = { ...stage.update, miniBatchSize: null }
  const done = await policyStep({ ...stage, problemsPerStep: 4, reward, improve, update }, 1)
  const trajectories = done.credited.map(({ trajectory }) => trajectory)
  expect(trajectories.filter(({ stop }) => stop.kind === 'limit').length).toBeGreaterThan(2)
  const spans = trajectories.flatMap(({ segments }) => segments.filter((s) => s.author === 'tool'))
  expect(spans.length).toBeGreaterThan(2)
  // What the policy wrote and nothing else is compared.
  let sum = 0
  let count = 0
  trajectories.forEach(({ segments }, row) => {
    const written = segments.flatMap((segment) =>
      segment.author === 'policy' ? [...(segment.logprobs ?? [])] : [],
    )
    const places = [...responseMask(segments).keys()].filter((i) => responseMask(segments)[i])
    expect(places.length).toBe(written.length)
    expect(tokensOf(segments).length).toBeGreaterThan(written.length)
    places.forEach((place, i) => {
      sum += Math.abs((own[row]?.[place] ?? Number.NaN) - (written[i] ?? Number.NaN))
      count += 1
    })
  })
  expect(done.update?.samplingGap?.mean).toBeCloseTo(sum / count, 7)
  expect(done.update?.samplingGap?.mean).toBeLessThan(1e-5)
  expect(done.update?.tokens).toBe(count)
})

test('a failed trajectory gives its group no spread: problems are drawn anew', async () => {
  using tiny = tinyStage('float32')
  const { stage } = tiny
  let draws = 0
  const reward: PolicyStage['reward'] = async ({ problem, trajectories }) => {
    draws += 1
    return {
      problem,
      members: trajectories.map((trajectory, index) => ({
        trajectory:
          index > 0 ? trajectory : { ...trajectory, stop: { kind: 'failed', failure } as const },
        reward: { total: index > 0 ? -1 : 0, parts: {}, correct: null },
      })),
    }
  }
  const done = await policyStep({ ...stage, problemsPerStep: 1, drawLimit: 3, reward }, 1)
  expect(done.advantages).toMatchObject({ groupsWithSpread: 0, leftOut: { failed: 3 } })
  expect(draws).toBe(3)
})

const failure = { border: 'reward', kind: 'grader', message: 'lost' } as const
