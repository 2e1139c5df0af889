import { expect, test } from 'vitest'
import { InfrastructureError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import type { Tool } from '../tool/tool.ts'
import type { ChatModel, ChatReply, ChatRequest } from '../trajectory/chat-model.ts'
import type { ChatAttempts } from './chat-attempter.ts'
import { chatAttempter } from './chat-attempter.ts'

const problem: Problem = {
  id: 'p',
  question: 'What is 3 * 4?',
  answer: '12',
  source: 's',
  verifier: { kind: 'equivalence' },
}

const interpreter: Tool = {
  name: 'interpreter',
  description: 'Runs Python.',
  parameters: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
  call: async ({ arguments: { code } }) => ({
    text: code === 'print(3 * 4)' ? '12' : 'NameError',
    ok: code === 'print(3 * 4)',
    status: 'ok',
    durationMs: 1,
  }),
}

const said = (text: string, rest: Partial<ChatReply> = {}): ChatReply => ({
  ...{ text, calls: [], isCut: false, promptTokens: 10, completionTokens: 5 },
  ...rest,
})

async function attempt(replies: (ChatReply | Error)[], changes: Partial<ChatAttempts> = {}) {
  const asked: ChatRequest[] = []
  const model: ChatModel = {
    name: 'big',
    async reply(request) {
      asked.push(request)
      const next = replies.shift() ?? new Error('asked too often')
      if (next instanceof Error) throw next
      return next
    },
  }
  const attempter = chatAttempter({
    ...{ model, tools: [interpreter], calls: 'text', temperature: 1, topP: 0.7 },
    ...{ turns: 4, turnTokens: 100, trajectoryTokens: 500, seed: 1, retryDelayMs: 1 },
    ...changes,
  })
  const { trajectory, tokens } = await attempter.attempt(problem, { id: 'a/0', group: 'a' })
  const texts = trajectory.segments.map(({ tokens: bytes }) => attempter.decode(bytes))
  return { asked, trajectory, tokens, texts }
}

const code = '<code>\n```python\nprint(3 * 4)\n```\n'
const answer = 'So.\n<answer>\n\\boxed{12}\n'

test('calls as text: the cut stop string comes back, the output is the next message', async () => {
  const { asked, trajectory, tokens, texts } = await attempt([said(code), said(answer)])
  expect(trajectory.stop).toEqual({ kind: 'answered' })
  expect(tokens).toBe(10)
  expect(texts.slice(1)).toEqual([
    `${code}</code>`,
    '<interpreter>\n12\n</interpreter>',
    `${answer}</answer>`,
  ])
  expect(asked[0]).toMatchObject({ topP: 0.7, stopStrings: ['</code>', '</answer>'] })
  expect(asked[0]?.tools).toBeUndefined()
  expect(asked[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(asked[0]?.seed).not.toBe(asked[1]?.seed)
})

test('calls by tools: every call is answered by its id, a broken one is told', async () => {
  const call = (id: string, given: string) => ({ id, name: 'interpreter', arguments: given })
  const calls = [call('1', '{"code": "print(3 * 4)"}'), call('2', '{"code": 7}'), call('3', '{')]
  const { asked, trajectory } = await attempt(
    [said('', { calls, completionTokens: null }), said('It is \\boxed{12}.')],
    { calls: 'tools' },
  )
  expect(trajectory.stop).toEqual({ kind: 'answered' })
  expect(asked[0]).toMatchObject({ stopStrings: [], tools: [{ type: 'function' }] })
  const outputs = asked[1]?.messages.filter(({ role }) => role === 'tool')
  expect(outputs).toMatchObject([
    { callId: '1', content: '12' },
    { callId: '2', content: expect.stringContaining('code') },
    { callId: '3', content: 'the arguments are no JSON; nothing was run.' },
  ])
  const tools = trajectory.segments.flatMap((one) => (one.author === 'tool' ? [one.output.ok] : []))
  expect(tools).toEqual([true, false, false])
})

test('a malformed call is told, limits end, and without tools it is text alone', async () => {
  const { asked, trajectory } = await attempt([
    said('<code>\nprint(1)\n'),
    said('hm', { isCut: true }),
  ])
  expect(asked[1]?.messages.at(-1)?.content).toContain('noFence')
  expect(trajectory.stop).toEqual({ kind: 'limit', limit: 'turnTokens' })
  const endless = await attempt([said(code), said(code)], { turns: 2 })
  expect(endless.trajectory.stop).toEqual({ kind: 'limit', limit: 'turns' })
  const short = await attempt([said(code)], { trajectoryTokens: 5 })
  expect(short.asked[0]?.tokenLimit).toBe(5)
  expect(short.trajectory.stop).toEqual({ kind: 'limit', limit: 'trajectoryTokens' })
  const alone = await attempt([said('It is 12.')], { tools: [] })
  expect(alone.texts[0]).not.toContain('python')
  expect(alone.trajectory.stop).toEqual({ kind: 'ended' })
})

test('what may pass is tried again; what stays broken fails the attempt alone', async () => {
  const busy = new InfrastructureError('server_busy', 'HTTP 503')
  expect((await attempt([busy, said(answer)])).trajectory.stop).toEqual({ kind: 'answered' })
  const { trajectory } = await attempt([busy, busy], { retries: 1 })
  expect(trajectory.stop).toMatchObject({ kind: 'failed', failure: { border: 'policy' } })
})
