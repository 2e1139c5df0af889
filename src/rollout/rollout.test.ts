import { setImmediate as tick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { InfrastructureError } from '../base/errors.ts'
import { byteCodec } from '../tool/byte-codec.fixture.ts'
import { scriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import type { Group } from './group.ts'
import type { Progress } from './progress.ts'
import {
  all,
  answer,
  answering,
  interpreterOf,
  optionsOf,
  problems,
  snippet,
} from './rollout.fixture.ts'
import { rollout } from './rollout.ts'

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
