import { expect, test } from 'vitest'
import { z } from 'zod'
import { InfrastructureError } from '../base/errors.ts'
import type { ToolOutput } from '../trajectory/call.ts'
import { boundedTool } from './bounded-tool.ts'
import { callTool } from './call-tool.ts'
import { functionTool } from './function-tool.ts'
import type { Tool } from './tool.ts'

const context = (trajectoryId = 't', signal = new AbortController().signal) => ({
  trajectoryId,
  signal,
})
const toolOf = (run: () => unknown): Tool => ({
  name: 'thing',
  description: '',
  parameters: { type: 'object' },
  call: async () => (await run()) as ToolOutput,
})
const call = { tool: 'thing', arguments: {} }
const never = () => new Promise<never>(() => {})
const fine: ToolOutput = { text: 'fine', ok: true, status: 'ok', durationMs: 1 }

test('what a tool throws or returns becomes an output', async () => {
  const thrown = toolOf(() => {
    throw new Error('broken\n  at line 3')
  })
  expect(await callTool(thrown, call, context())).toMatchObject({
    ok: false,
    status: 'error',
    text: 'thing failed: broken',
  })
  for (const garbage of [undefined, 'text', { text: 7, ok: true }]) {
    const output = await callTool(
      toolOf(() => garbage),
      call,
      context(),
    )
    expect(output.status).toBe('garbage')
  }
  expect(
    await callTool(
      toolOf(() => fine),
      call,
      context(),
    ),
  ).toBe(fine)
})

test('a failure of ours stays an exception', async () => {
  const lost = toolOf(() => {
    throw new InfrastructureError('worker_lost', 'gone')
  })
  await expect(callTool(lost, call, context())).rejects.toMatchObject({ kind: 'worker_lost' })
})

test('an abort ends the wait for a tool that does not listen', async () => {
  const controller = new AbortController()
  const waiting = callTool(toolOf(never), call, context('t', controller.signal))
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})

test('a tool that hangs past its deadline is an output, and its signal is aborted', async () => {
  let seen: AbortSignal | undefined
  const hanging: Tool = {
    ...toolOf(never),
    call: (_, { signal }) => {
      seen = signal
      return never()
    },
  }
  const output = await boundedTool(hanging, { deadlineMs: 5 }).call(call, context())
  expect(output).toMatchObject({ ok: false, status: 'timeout' })
  expect(seen?.aborted).toBe(true)
})

test('no more calls run at a time than allowed, and all of them run', async () => {
  let running = 0
  let most = 0
  const counted = toolOf(async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return fine
  })
  const bounded = boundedTool(counted, { concurrency: 2 })
  const outputs = await Promise.all(
    Array.from({ length: 9 }, (_, index) => bounded.call(call, context(`t${index}`))),
  )
  expect(outputs).toEqual(Array(9).fill(fine))
  expect(most).toBe(2)
})

test('a budget counts per trajectory and ends with its release', async () => {
  const bounded = boundedTool(
    toolOf(() => fine),
    { budget: 2 },
  )
  const status = async (id: string) => (await bounded.call(call, context(id))).status
  expect([await status('a'), await status('a'), await status('a')]).toEqual(['ok', 'ok', 'budget'])
  expect(await status('b')).toBe('ok')
  await bounded.release?.('a')
  expect(await status('a')).toBe('ok')
})

test('a function gets what its schema made of the arguments, and shows its result', async () => {
  const add = functionTool({
    name: 'add',
    description: 'Adds.',
    input: z.object({ a: z.number(), b: z.number().default(1) }),
    run: ({ a, b }) => ({ sum: a + b }),
  })
  expect(add.parameters).toMatchObject({
    type: 'object',
    properties: { a: { type: 'number' } },
    required: ['a'],
  })
  const reply = (values: Record<string, unknown>) =>
    add.call({ tool: 'add', arguments: values }, context())
  expect(await reply({ a: 2 })).toMatchObject({ ok: true, text: '{"sum":3}' })
  expect(await reply({ a: 'two' })).toMatchObject({ ok: false, status: 'wrongArguments' })
})
