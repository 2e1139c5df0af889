import { expect, test } from 'vitest'
import { curriculumStart, fourStages, nextCurriculumState, type Stage } from './curriculum.ts'

function walk(stages: readonly Stage[], metrics: readonly Record<string, number>[]): number[] {
  let state = curriculumStart
  return metrics.map((metric) => {
    state = nextCurriculumState(stages, state, metric)
    return state.stage
  })
}

test('four stages by steps; the last one stays', () => {
  const stages = fourStages(2)
  expect(stages.map(({ name }) => name)).toEqual(['format', 'execution', 'accuracy', 'refinement'])
  expect(walk(stages, Array(9).fill({}))).toEqual([0, 1, 1, 2, 2, 3, 3, 3, 3])
})

test('four stages by what they are about', () => {
  const reached = { 'reward-part/format': 0.9, 'reward-part/codeRuns': 0.5, 'reward/accuracy': 0.5 }
  expect(walk(fourStages(1, 0.9), [reached, reached])).toEqual([1, 1])
  expect(walk(fourStages(1, 0.5), [reached, reached, reached, {}])).toEqual([1, 2, 3, 3])
})

test('a metric must be reached several steps in a row', () => {
  const until = { kind: 'metric', metric: 'format', atLeast: 0.9, steps: 2 } as const
  const stages: Stage[] = [
    { name: 'a', weights: { format: 1 }, until },
    { name: 'b', weights: { outcome: 1 } },
  ]
  const values = [0.95, 0.2, 0.9, 0.9, 0]
  expect(
    walk(
      stages,
      values.map((format) => ({ format })),
    ),
  ).toEqual([0, 0, 0, 1, 1])
  expect(walk(stages, [{}, {}, {}])).toEqual([0, 0, 0])
})
