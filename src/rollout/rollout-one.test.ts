import { expect, test } from 'vitest'
import { InfrastructureError, UserError } from '../base/errors.ts'
import { byteCodec, endToken, turnEndToken } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import { hermesProtocol } from '../tool/hermes-protocol.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool, ToolContext } from '../tool/tool.ts'
import { responseMask } from '../trajectory/mask.ts'
import type { ScriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { scriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import { tokensOf } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { TrajectoryOptions } from './options.ts'
import { rolloutOne } from './rollout-one.ts'

const template = chatMl({ knowsTools: true })
const snippet = (code: string) =>
  reToolProtocol.renderCall({ tool: 'interpreter', arguments: { code } })
const answer = reToolProtocol.renderAnswer('156')

/** Writes these texts turn by turn; a text without a tag ends with the end-of-turn token. */
function turns(...texts: string[]): ScriptedPolicy {
  let turn = 0
  return scriptedPolicy(() => [...byteCodec.encode(texts[turn++] ?? ''), turnEndToken])
}

function interpreterOf(
  run: (code: string, context: ToolContext) => string | Promise<string>,
): Tool {
  return {
    name: 'interpreter',
    description: 'Runs code.',
    parameters: {
      type: 'object',
      properties: { code: { type: 'string' } },
      required: ['code'],
    },
    async call(call, context) {
      const text = await run(String(call.arguments['code']), context)
      return { text, ok: true, status: 'ok', durationMs: 1 }
    },
  }
}

function roll(policy: ScriptedPolicy, options: Partial<TrajectoryOptions> = {}) {
  return rolloutOne(
    { id: 'run/0/0', problemId: 'p', question: 'What is 12*13?' },
    {
      policy,
      codec: byteCodec,
      template,
      protocol: reToolProtocol,
      tools: [interpreterOf((code) => `out of ${code}`)],
      sampling: { temperature: 1, topP: 1, topK: 0, minP: 0 },
      stopTokens: [turnEndToken, endToken],
      seed: 1,
      retryDelayMs: 0,
      ...options,
    },
  )
}

const texts = (trajectory: Trajectory) =>
  trajectory.segments.map(({ author, tokens }) => [author, byteCodec.decode(tokens)])

test('thought, code, output and answer follow each other in one turn', async () => {
  const policy = turns(`Let me see. ${snippet('print(12*13)')}`, `So ${answer}`)
  const trajectory = await roll(policy)
  expect(trajectory.stop).toEqual({ kind: 'answered' })
  expect(texts(trajectory).slice(1)).toEqual([
    ['policy', `Let me see. ${snippet('print(12*13)')}`],
    ['tool', '\n<interpreter>\nout of print(12*13)\n</interpreter>\n'],
    ['policy', `So ${answer}`],
  ])
  expect(policy.sessions).toEqual([{ seen: tokensOf(trajectory.segments), open: false }])
  const policyTokens = trajectory.segments.flatMap((segment) =>
    segment.author === 'policy' ? [...segment.tokens] : [],
  )
  const mask = responseMask(trajectory.segments)
  expect(tokensOf(trajectory.segments).filter((_, index) => mask[index] === 1)).toEqual(
    policyTokens,
  )
})

test('in a chat template every output is a turn of its own, and its text spells nothing special', async () => {
  const protocol = hermesProtocol(template)
  const call = protocol.renderCall({ tool: 'interpreter', arguments: { code: 'x' } })
  const policy = turns(`Hm. ${call}`, 'It is \\boxed{156}.')
  const trajectory = await roll(policy, { protocol, tools: [interpreterOf(() => 'a<|im_end|>b')] })
  expect(trajectory.stop).toEqual({ kind: 'answered' })
  expect(policy.sessions[0]?.seen).toEqual(tokensOf(trajectory.segments))
  const output = trajectory.segments[2]
  expect(output?.tokens.filter((token) => token === turnEndToken)).toHaveLength(1)
  expect(byteCodec.decode(output?.tokens ?? [])).toBe(
    '\n<|im_start|>user\n<tool_response>\na<|im_end|>b\n</tool_response><|im_end|>\n<|im_start|>assistant\n',
  )
})

test('a malformed call is told to the policy, which may then do better', async () => {
  const trajectory = await roll(turns('<code>print(1)</code>', answer))
  expect(trajectory.stop).toEqual({ kind: 'answered' })
  expect(trajectory.segments[2]).toMatchObject({
    author: 'tool',
    call: { arguments: { name: 'noFence' } },
    output: { status: 'malformed', ok: false },
  })
  expect(texts(trajectory)[2]?.[1]).toContain('Malformed call (noFence)')
})

test('a malformed call ends the trajectory by option, or where the policy closed its turn', async () => {
  const ended = await roll(turns('<code>print(1)</code>'), { onMalformed: 'end' })
  expect(ended.stop).toEqual({ kind: 'malformed', name: 'noFence' })
  const closed = await roll(turns('<code>never closed'))
  expect(closed.stop).toEqual({ kind: 'malformed', name: 'unclosedTag' })
})

test('a text with neither call nor answer has ended', async () => {
  expect((await roll(turns('I do not know.'))).stop).toEqual({ kind: 'ended' })
})

test('each limit ends the trajectory with its own stop', async () => {
  const calls = () => turns(...Array<string>(9).fill(snippet('x')))
  const stopOf = async (limits: NonNullable<TrajectoryOptions['limits']>) =>
    (await roll(calls(), { limits })).stop
  expect(await stopOf({ turns: 2 })).toEqual({ kind: 'limit', limit: 'turns' })
  expect(await stopOf({ toolCalls: 1 })).toEqual({ kind: 'limit', limit: 'toolCalls' })
  expect(await stopOf({ turnTokens: 5 })).toEqual({ kind: 'limit', limit: 'turnTokens' })
  expect(await stopOf({ toolTokens: 60 })).toEqual({ kind: 'limit', limit: 'toolTokens' })
  expect(await stopOf({ trajectoryTokens: 900 })).toEqual({
    kind: 'limit',
    limit: 'trajectoryTokens',
  })
  expect(await stopOf({ trajectoryTokens: 20 })).toEqual({
    kind: 'limit',
    limit: 'trajectoryTokens',
  })
})

test('no trajectory is longer than its token budget or the context length', async () => {
  const forever = () => scriptedPolicy(() => Array<number>(5000).fill(65), { contextLength: 1200 })
  const trajectory = await roll(forever())
  expect(trajectory.stop).toEqual({ kind: 'limit', limit: 'trajectoryTokens' })
  expect(tokensOf(trajectory.segments)).toHaveLength(1200)
})

test('the call of the last turn is not run', async () => {
  const run: string[] = []
  const tool = interpreterOf((code) => String(run.push(code)))
  await roll(turns(snippet('a'), snippet('b')), { limits: { turns: 2 }, tools: [tool] })
  expect(run).toEqual(['a'])
})

test('a tool that hangs meets the wall time; an abort cancels', async () => {
  const hanging = interpreterOf(() => new Promise<string>(() => {}))
  const late = await roll(turns(snippet('x')), { tools: [hanging], limits: { wallTimeMs: 20 } })
  expect(late.stop).toEqual({ kind: 'limit', limit: 'wallTime' })
  expect(late.segments.map((segment) => segment.author)).toEqual(['context', 'policy'])

  const controller = new AbortController()
  const aborting = interpreterOf(() => {
    controller.abort()
    return new Promise<string>(() => {})
  })
  const cancelled = await roll(turns(snippet('x')), {
    tools: [aborting],
    signal: controller.signal,
  })
  expect(cancelled.stop).toEqual({ kind: 'cancelled' })
})

test('a long output keeps its head and its tail, and says what was cut', async () => {
  const tool = interpreterOf(() => `${'h'.repeat(600)}${'t'.repeat(400)}`)
  const trajectory = await roll(turns(snippet('x'), answer), {
    tools: [tool],
    limits: { outputTokens: 10 },
  })
  expect(texts(trajectory)[2]?.[1]).toBe(
    '\n<interpreter>\nhhhhh\n[... 990 tokens of output left out here ...]\nttttt\n</interpreter>\n',
  )
  expect(trajectory.segments[2]).toMatchObject({ output: { details: { cutTokens: 990 } } })
})

test('a failure of ours is tried again, and the new session reads everything', async () => {
  let calls = 0
  const policy = scriptedPolicy((seen) => {
    if (++calls === 2) throw new InfrastructureError('worker_lost', 'gone')
    return byteCodec.encode(seen.at(-1) === 10 && calls > 1 ? answer : snippet('x'))
  })
  const trajectory = await roll(policy)
  expect(trajectory.stop).toEqual({ kind: 'answered' })
  expect(policy.sessions).toHaveLength(2)
  expect(policy.sessions[1]).toEqual({ seen: tokensOf(trajectory.segments), open: false })
})

test('a failure that stays marks the trajectory failed, with its border', async () => {
  let attempts = 0
  const broken = interpreterOf(() => {
    attempts++
    throw new InfrastructureError('overloaded', 'queue full')
  })
  const trajectory = await roll(turns(snippet('x')), { tools: [broken], retries: 3 })
  expect(trajectory.stop).toEqual({
    kind: 'failed',
    failure: { border: 'sandbox', kind: 'overloaded', message: 'queue full' },
  })
  expect(attempts).toBe(4)
  const down = scriptedPolicy(() => {
    throw new InfrastructureError('server_down', 'refused')
  })
  expect((await roll(down)).stop).toMatchObject({ failure: { border: 'policy' } })
})

test('a defect or a mistake of the user is thrown, never recorded', async () => {
  const wrong = scriptedPolicy(() => {
    throw new UserError('no such model')
  })
  await expect(roll(wrong)).rejects.toThrow('no such model')
  expect(wrong.sessions.every((session) => !session.open)).toBe(true)
  await expect(roll(turns(answer), { limits: { turn: 3 } as object })).rejects.toThrow(
    /did you mean turns/,
  )
})

test('every turn has its own seed, and the same attempt has the same ones', async () => {
  const seeds: number[][] = []
  for (const seed of [1, 1, 2]) {
    const drawn: number[] = []
    let turn = 0
    const policy = scriptedPolicy((_, sampling) => {
      drawn.push(sampling.seed)
      return byteCodec.encode(turn++ === 0 ? snippet('x') : answer)
    })
    await roll(policy, { seed })
    seeds.push(drawn)
  }
  expect(seeds[0]).toEqual(seeds[1])
  expect(seeds[0]).not.toEqual(seeds[2])
  expect(new Set(seeds[0]).size).toBe(2)
})

test('text after the stop string, in the token that completes it, is no part of the move', async () => {
  const policy = turns()
  const completes = `${snippet('x')}\nNow`
  let turn = 0
  const session = {
    async complete() {
      const text = turn++ === 0 ? completes : answer
      const tokens = byteCodec.encode(text)
      const finish = { kind: 'stopString', text: turn === 1 ? '</code>' : '</answer>' } as const
      return { tokens, logprobs: tokens.map(() => -1), finish, policyVersion: 4 }
    },
    close() {},
  }
  const trajectory = await roll({ ...policy, open: () => session })
  expect(texts(trajectory)[1]).toEqual(['policy', completes])
  expect(trajectory.segments[2]).toMatchObject({ call: { arguments: { code: 'x' } } })
  expect(trajectory).toMatchObject({ stop: { kind: 'answered' }, policyVersion: 4 })
})
