import { expect, test } from 'vitest'
import { type WatchState, watchStart, watchStep } from './step-watch.ts'

const healthy = {
  'reward/accuracy': 0.5,
  'groups/with-spread': 3,
  'update/gradient-norm': 1,
  'rollout/code-ratio': 0.8,
}

/** Names of the warnings of each step. */
function names(steps: readonly Readonly<Record<string, number>>[]): string[][] {
  let state: WatchState = watchStart
  return steps.map((metrics) => {
    const watched = watchStep(state, { ...healthy, ...metrics }, {})
    // It goes through a checkpoint.
    state = JSON.parse(JSON.stringify(watched.state))
    return watched.warnings.map(({ name }) => name)
  })
}

test('a healthy run is left in peace', () => {
  expect(names(Array(30).fill({})).flat()).toEqual([])
})

test('a limit that ends most trajectories is named', () => {
  const { warnings } = watchStep(watchStart, healthy, { 'limit/turns': 0.6, answered: 0.4 })
  expect(warnings).toEqual([
    { name: 'limit', message: expect.stringContaining('limit/turns ended 60 %') },
  ])
})

test('an exploding gradient is named once there is something to compare it with', () => {
  const steps = [50, 1, 1, 1, 1, 1, 50].map((norm) => ({ 'update/gradient-norm': norm }))
  expect(names(steps)).toEqual([[], [], [], [], [], [], ['gradient']])
})

test('ten steps without spread are a stuck reward, said once in ten steps', () => {
  const found = names(Array(20).fill({ 'groups/with-spread': 0 }))
  expect(found.map((one) => one.length)).toEqual([...Array(9).fill(0), 1, ...Array(9).fill(0), 1])
  expect(found[9]).toEqual(['reward'])
})

test('tool use that halves is named once', () => {
  const ratios = [0.8, 0.8, ...Array(10).fill(0.3)]
  const found = names(ratios.map((ratio) => ({ 'rollout/code-ratio': ratio }))).flat()
  expect(found).toEqual(['tool-use'])
})

test('an engine that disagrees with the learner is named', () => {
  expect(names([{ 'update/sampling-gap': 0.2 }])).toEqual([['sampling-gap']])
  // What was written before an update differs from what the learner would write now.
  expect(names([{ 'update/sampling-gap': 0.2, 'rollout/staleness': 1 }])).toEqual([[]])
})
