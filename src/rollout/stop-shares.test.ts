import { expect, test } from 'vitest'
import type { Stop } from '../trajectory/trajectory.ts'
import { progressLine } from './progress.ts'
import { limitWarnings, stopShares } from './stop-shares.ts'

const turns: Stop = { kind: 'limit', limit: 'turns' }
const wallTime: Stop = { kind: 'limit', limit: 'wallTime' }
const answered: Stop = { kind: 'answered' }

test('shares by name; a limit above a tenth is warned of, with the option that raises it', () => {
  const stops: Stop[] = [turns, wallTime, wallTime, { kind: 'malformed', name: 'noFence' }]
  const shares = stopShares([...stops, ...Array<Stop>(6).fill(answered)].map((stop) => ({ stop })))
  expect(shares).toEqual({
    'limit/turns': 0.1,
    'limit/wallTime': 0.2,
    'malformed/noFence': 0.1,
    answered: 0.6,
  })
  expect(limitWarnings(shares)).toEqual([
    'the limit wallTime ended 20 % of the trajectories; raise limits.wallTimeMs if that is not wanted',
  ])
  expect(stopShares([])).toEqual({})
})

test('a line of progress', () => {
  const line = progressLine({
    groupsDone: 1,
    trajectoriesDone: 12,
    trajectoriesRunning: 20,
    waitingForTools: 5,
    policyTokens: 9,
    tokensPerSecond: 1839.6,
  })
  expect(line).toBe('12 done, 20 running, 5 waiting for tools, 1,840 tokens/s')
})
