import { expect, test } from 'vitest'
import type { TransportTrajectory } from '../transport.ts'
import { heatOf, heatScale, tokenFacts } from './heat.ts'

const trajectory = {
  segments: [
    { author: 'context', tokens: [1], pieces: ['Q'], logprobs: null, call: null, output: null },
    {
      author: 'policy',
      tokens: [2, 3],
      pieces: ['a', 'b'],
      logprobs: [0, Math.log(0.5)],
      call: null,
      output: null,
    },
  ],
  tokenValues: { advantages: [9, 1, -1], oldLogprobs: [0, 0, -1], newLogprobs: [0, 0, -1] },
} as unknown as TransportTrajectory

test('numbers belong to the token at their place, and count only where the policy wrote', () => {
  const tokens = tokenFacts(trajectory)
  expect(tokens.map(({ text, masked, advantage }) => [text, masked, advantage])).toEqual([
    ['Q', false, null],
    ['a', true, 1],
    ['b', true, -1],
  ])
  expect(tokens.map((facts) => heatOf('probability', facts))).toEqual([
    null,
    1,
    expect.closeTo(0.5),
  ])
  expect(tokens.map(({ ratio }) => ratio)).toEqual([null, 1, 1])
})

test('certain tokens are clear, opposite advantages have opposite colours', () => {
  const tokens = tokenFacts(trajectory)
  expect(heatScale('probability', tokens)?.colour(1)).toMatch(/, 0\.000\)$/)
  const scale = heatScale('advantage', tokens)
  expect(scale?.colour(1)).not.toBe(scale?.colour(-1))
  expect([scale?.low, scale?.high]).toEqual(['-1.00', '1.00'])
  expect(heatScale('entropy', tokens)).toBeNull()
})

test('the mask colours what is trained on, the log-prob what surprised', () => {
  const tokens = tokenFacts(trajectory)
  expect(tokens.map((facts) => heatOf('mask', facts))).toEqual([0, 1, 1])
  const mask = heatScale('mask', tokens)
  expect(mask?.colour(0)).toMatch(/, 0\.000\)$/)
  expect(mask?.colour(1)).not.toBe(mask?.colour(0))
  const surprise = heatScale('log-prob', tokens)
  expect(surprise?.colour(0)).toMatch(/, 0\.000\)$/)
  expect(surprise?.high).toBe('-0.693')
})
