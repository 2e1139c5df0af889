import { setImmediate as tick } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InfrastructureError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { byteCodec } from '../tool/byte-codec.fixture.ts'
import { responseMask } from '../trajectory/mask.ts'
import type { Script, ScriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { logprobOf, scriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { tokensOf } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import { turnsOf } from '../trajectory/trajectory.ts'
import { all, answer, interpreterOf, optionsOf, problems, snippet } from './rollout.fixture.ts'
import { rollout } from './rollout.ts'
import { stopName } from './stop-shares.ts'

/** A script whose every choice follows from the random stream: calls, answers, nonsense, faults. */
function chaotic(random: RandomStream, faults: number): Script {
  return () => {
    const draw = random.uniform()
    if (draw < faults) throw new InfrastructureError('worker_lost', 'gone')
    const words = 'thought '.repeat(random.integer(4))
    const ends = [snippet, answer, '<code>no fence</code>', '<|im_end|>', '<code> open<|im_end|>']
    return byteCodec.encode(`${words}${ends[random.integer(ends.length)]}`)
  }
}

/** Whether some session saw exactly these segments, save a last tool segment nobody read. */
function wasSeen(trajectory: Trajectory, policy: ScriptedPolicy): boolean {
  const whole = tokensOf(trajectory.segments)
  const unread = trajectory.segments.at(-1)
  const shorter = unread?.author === 'tool' ? whole.length - unread.tokens.length : whole.length
  return policy.sessions.some(({ seen }) => {
    const fits = seen.length === whole.length || seen.length === shorter
    return fits && seen.every((token, index) => token === whole[index])
  })
}

test('under random failures, limits and cancellations nothing is lost, and everyone saw what is written', async () => {
  const scenario = fc.record({
    seed: fc.nat(),
    count: fc.integer({ min: 0, max: 6 }),
    groupSize: fc.integer({ min: 1, max: 4 }),
    concurrency: fc.integer({ min: 1, max: 9 }),
    groupsAhead: fc.integer({ min: 1, max: 4 }),
    order: fc.constantFrom('completion' as const, 'input' as const),
    faults: fc.constantFrom(0, 0.1, 0.5),
    turns: fc.integer({ min: 1, max: 4 }),
    tokens: fc.constantFrom(600, 900, 5000),
    settledAfter: fc.integer({ min: 1, max: 9 }),
  })
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const random = RandomStream.named(given.seed, 'scenario')
      const policy = scriptedPolicy(chaotic(random, given.faults))
      const released: string[] = []
      const tool = interpreterOf(async () => {
        for (let wait = random.integer(4); wait > 0; wait--) await tick()
        if (random.uniform() < given.faults) throw new InfrastructureError('overloaded', 'full')
        return 'out'.repeat(random.integer(30))
      }, released)
      const groups = await all(
        rollout(
          problems(given.count),
          optionsOf(policy, {
            ...given,
            tools: [tool],
            retries: 1,
            failedShare: 1,
            limits: { turns: given.turns, trajectoryTokens: given.tokens, outputTokens: 40 },
            isSettled: (_, ended) => ended.length >= given.settledAfter,
          }),
        ),
      )
      const taken = groups.map((group) => group.problem.id)
      const expected = problems(given.count).map((problem) => problem.id)
      expect(given.order === 'input' ? taken : taken.sort()).toEqual(expected)
      const trajectories = groups.flatMap((group) => group.trajectories)
      expect(trajectories).toHaveLength(given.count * given.groupSize)
      expect(new Set(trajectories.map(({ id }) => id)).size).toBe(trajectories.length)
      expect(new Set(released)).toEqual(new Set(trajectories.map(({ id }) => id)))
      expect(policy.sessions.every((session) => !session.open)).toBe(true)
      for (const trajectory of trajectories) {
        expect(stopName(trajectory.stop)).not.toBe('')
        const tokens = tokensOf(trajectory.segments)
        expect(tokens.length).toBeLessThanOrEqual(given.tokens)
        if (turnsOf(trajectory) > 0) expect(wasSeen(trajectory, policy)).toBe(true)
        checkAuthors(trajectory)
      }
    }),
    { numRuns: 80 },
  )
})

/** Context first, then policy and tool in turn; the mask and the log-probs follow the author. */
function checkAuthors({ segments }: Trajectory): void {
  const authors = segments.map((segment) => segment.author)
  expect(authors).toEqual(
    authors.map((_, index) => (index === 0 ? 'context' : index % 2 === 1 ? 'policy' : 'tool')),
  )
  const mask = responseMask(segments)
  const byAuthor = segments.flatMap((segment) =>
    segment.tokens.map(() => (segment.author === 'policy' ? 1 : 0)),
  )
  expect([...mask]).toEqual(byAuthor)
  for (const segment of segments) {
    if (segment.author === 'policy') expect(segment.logprobs).toEqual(segment.tokens.map(logprobOf))
  }
}
