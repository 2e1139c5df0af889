import { setImmediate as tick } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InfrastructureError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import { byteCodec, endToken, turnEndToken } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool } from '../tool/tool.ts'
import { responseMask } from '../trajectory/mask.ts'
import type { Script, ScriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { logprobOf, scriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { tokensOf } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import { turnsOf } from '../trajectory/trajectory.ts'
import type { Group } from './group.ts'
import type { RolloutOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { rollout } from './rollout.ts'
import { stopName } from './stop-shares.ts'

const snippet = reToolProtocol.renderCall({ tool: 'interpreter', arguments: { code: 'x' } })
const answer = reToolProtocol.renderAnswer('1')
const answering: Script = () => byteCodec.encode(answer)

const problems = (count: number): Problem[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    question: `Question ${index}?`,
    answer: '1',
    source: 'test',
    verifier: { kind: 'equivalence' },
  }))

function interpreterOf(run: (id: string) => Promise<string> | string, released?: string[]): Tool {
  return {
    name: 'interpreter',
    description: '',
    parameters: { type: 'object' },
    call: async (_, { trajectoryId }) => ({
      text: await run(trajectoryId),
      ok: true,
      status: 'ok',
      durationMs: 1,
    }),
    release: async (id) => {
      released?.push(id)
    },
  }
}

function optionsOf(policy: ScriptedPolicy, more: Partial<RolloutOptions> = {}): RolloutOptions {
  return {
    policy,
    codec: byteCodec,
    template: chatMl({ knowsTools: false }),
    protocol: reToolProtocol,
    tools: [interpreterOf(() => '1')],
    sampling: { temperature: 1, topP: 1, topK: 0, minP: 0 },
    stopTokens: [turnEndToken, endToken],
    seed: 1,
    retryDelayMs: 0,
    name: 'run',
    groupSize: 2,
    ...more,
  }
}

async function all(groups: AsyncIterable<Group>): Promise<Group[]> {
  const taken: Group[] = []
  for await (const group of groups) taken.push(group)
  return taken
}

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

test('groups come in the order of completion, or in order by option', async () => {
  const slowFirst = (id: string) =>
    id.startsWith('run/0/')
      ? tick()
          .then(tick)
          .then(tick)
          .then(tick)
          .then(() => '1')
      : '1'
  const orderOf = async (order: 'completion' | 'input') => {
    let turn = 0
    const policy = scriptedPolicy((seen) =>
      byteCodec.encode(
        byteCodec.decode(seen).includes('<interpreter>\n1')
          ? answer
          : `${turn++ < 9 ? snippet : answer}`,
      ),
    )
    const groups = await all(
      rollout(
        problems(3),
        optionsOf(policy, { order, groupSize: 1, tools: [interpreterOf(slowFirst)] }),
      ),
    )
    return groups.map((group) => group.problem.id)
  }
  expect(await orderOf('input')).toEqual(['p0', 'p1', 'p2'])
  expect(await orderOf('completion')).toEqual(['p1', 'p2', 'p0'])
})

test('problems are taken only as fast as groups are', async () => {
  let taken = 0
  function* endless() {
    for (;;) {
      taken++
      yield* problems(1)
    }
  }
  const groups = rollout(endless(), optionsOf(scriptedPolicy(answering), { groupsAhead: 3 }))
  await groups.next()
  for (let wait = 0; wait < 50; wait++) await tick()
  expect(taken).toBeLessThanOrEqual(4)
  await groups.next()
  await groups.return()
})

test('leaving the loop early cancels what is in flight and closes every session', async () => {
  const hanging = interpreterOf(() => new Promise<string>(() => {}))
  const policy = scriptedPolicy((seen) =>
    byteCodec.encode(byteCodec.decode(seen).includes('Question 0') ? answer : snippet),
  )
  for await (const group of rollout(problems(9), optionsOf(policy, { tools: [hanging] }))) {
    expect(group.problem.id).toBe('p0')
    break
  }
  expect(policy.sessions.length).toBeGreaterThan(2)
  expect(policy.sessions.every((session) => !session.open)).toBe(true)
})

test('after an abort the begun groups still come, then the reason is thrown', async () => {
  const controller = new AbortController()
  const tool = interpreterOf((id) => {
    if (id === 'run/2/1') controller.abort(new Error('Ctrl-C'))
    return new Promise<string>(() => {})
  })
  const policy = scriptedPolicy(() => byteCodec.encode(snippet))
  const groups: Group[] = []
  const options = optionsOf(policy, { tools: [tool], signal: controller.signal, groupsAhead: 3 })
  await expect(async () => {
    for await (const group of rollout(problems(50), options)) groups.push(group)
  }).rejects.toThrow('Ctrl-C')
  const stops = groups.flatMap((group) => group.trajectories.map(({ stop }) => stop.kind))
  expect(stops).toEqual(Array(6).fill('cancelled'))
})

test('members that can no longer matter are cancelled', async () => {
  const tool = interpreterOf(() => new Promise<string>(() => {}))
  let turn = 0
  const policy = scriptedPolicy(() => byteCodec.encode(turn++ === 0 ? answer : snippet))
  const [group] = await all(
    rollout(
      problems(1),
      optionsOf(policy, {
        groupSize: 3,
        tools: [tool],
        isSettled: (_, ended) => ended.length === 1,
      }),
    ),
  )
  expect(group?.trajectories.map(({ stop }) => stop.kind)).toEqual([
    'answered',
    'cancelled',
    'cancelled',
  ])
})

test('too many failures of ours stop the rollout with a message that names them', async () => {
  const policy = scriptedPolicy(() => byteCodec.encode(snippet))
  const broken = interpreterOf(() => {
    throw new InfrastructureError('sandbox_error', 'no python3 here')
  })
  const stopped = all(rollout(problems(40), optionsOf(policy, { tools: [broken], concurrency: 4 })))
  await expect(stopped).rejects.toMatchObject({
    kind: 'too_many_failures',
    message: expect.stringMatching(/5 of 5 .*sandbox\/sandbox_error.*no python3 here/),
  })
  const few = all(rollout(problems(1), optionsOf(policy, { tools: [broken] })))
  await expect(few).rejects.toMatchObject({ kind: 'too_many_failures' })
})

test('a defect in one trajectory or in the source of problems is thrown', async () => {
  const policy = scriptedPolicy(() => {
    throw new Error('defect: impossible')
  })
  await expect(all(rollout(problems(9), optionsOf(policy)))).rejects.toThrow('impossible')
  async function* broken() {
    yield* problems(1)
    throw new Error('line 2 is no JSON')
  }
  await expect(all(rollout(broken(), optionsOf(scriptedPolicy(answering))))).rejects.toThrow(
    'line 2 is no JSON',
  )
  const empty = rollout([], optionsOf(policy, { groupSize: 0 })).next()
  await expect(empty).rejects.toThrow('groupSize')
})

test('progress counts trajectories, waits and tokens; a limit that ends many is warned of once', async () => {
  const seen: Progress[] = []
  const warnings: string[] = []
  const policy = scriptedPolicy(() => byteCodec.encode(snippet))
  const groups = await all(
    rollout(
      problems(15),
      optionsOf(policy, {
        limits: { turns: 2 },
        tools: [interpreterOf(() => tick().then(() => '1'))],
        onProgress: (progress) => seen.push(progress),
        warn: (message) => warnings.push(message),
      }),
    ),
  )
  const last = seen.at(-1)
  const policyTokens = groups
    .flatMap((group) => group.trajectories)
    .flatMap(({ segments }) => segments)
    .reduce((sum, { author, tokens }) => sum + (author === 'policy' ? tokens.length : 0), 0)
  expect(last).toMatchObject({
    groupsDone: 15,
    trajectoriesDone: 30,
    waitingForTools: 0,
    policyTokens,
  })
  expect(Math.max(...seen.map((progress) => progress.waitingForTools))).toBeGreaterThan(1)
  expect(warnings).toEqual([expect.stringMatching(/limit turns ended 100 %.*limits\.turns/)])
})
