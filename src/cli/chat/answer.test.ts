// Answers of a scripted engine, in bytes.

import { setImmediate as tick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { InfrastructureError } from '../../base/errors.ts'
import { builtInTemplates } from '../../tokenizer/built-in-templates.ts'
import { byteTokenizer } from '../../tokenizer/byte-tokenizer.ts'
import { modelTemplate } from '../../tokenizer/model-template.ts'
import type { Tool } from '../../tool/tool.ts'
import type { Sampling } from '../../trajectory/policy.ts'
import { answer, type Speaker, type WatchablePolicy } from './answer.ts'
import { emptyConversation } from './conversation.ts'

const tokenizer = byteTokenizer()
const template = modelTemplate(tokenizer, builtInTemplates.get('chatml')?.text ?? '')
const turnEnd = 258

/** Writes the lines one after another, byte by byte, and keeps what it was shown. */
function scriptedEngine(lines: readonly string[]) {
  const shown: string[] = []
  let next = 0
  const engine: WatchablePolicy = {
    version: 0,
    contextLength: 10_000,
    open: () => ({
      async complete(newTokens, sampling: Sampling, signal, onToken) {
        shown.push(tokenizer.decode(newTokens))
        const tokens: number[] = []
        for (const token of [...Buffer.from(lines[next++] ?? ''), turnEnd]) {
          await tick()
          if (signal?.aborted) throw new InfrastructureError('cancelled', 'cancelled')
          tokens.push(token)
          onToken?.(token, -1)
          const text = sampling.stopStrings.find((stop) => tokenizer.decode(tokens).endsWith(stop))
          const finish = text === undefined ? undefined : ({ kind: 'stopString', text } as const)
          if (finish) return { tokens, logprobs: tokens.map(() => -1), finish, policyVersion: 0 }
        }
        const finish = { kind: 'stopToken', token: turnEnd } as const
        return { tokens, logprobs: tokens.map(() => -1), finish, policyVersion: 0 }
      },
      close() {},
    }),
  }
  return { engine, shown }
}

const calculator: Tool = {
  name: 'interpreter',
  description: 'adds up',
  parameters: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
  call: async () => ({ text: '156', ok: true, status: 'ok', durationMs: 0 }),
}

function speaker(engine: WatchablePolicy, tools: readonly Tool[] = []): Speaker {
  const sampling = { temperature: 1, topP: 1, topK: 0, minP: 0 }
  return { engine, tokenizer, template, stopTokens: [turnEnd], sampling, tokenLimit: 500, tools }
}

function listener() {
  const heard: string[] = []
  return {
    heard,
    wrote: (text: string) => void heard.push(text),
    toolSaid: (text: string) => void heard.push(`[${text}]`),
  }
}

test('streams the text, and the next question follows what was written', async () => {
  const { engine, shown } = scriptedEngine(['42 – sure', 'Yes'])
  const ear = listener()
  const first = await answer(
    emptyConversation,
    { text: '6*7?', system: 'Be short.', seed: 1 },
    speaker(engine),
    ear,
  )
  expect(ear.heard.join('')).toBe('42 – sure')
  expect(ear.heard.length).toBe(9)
  expect(first).toMatchObject({ text: '42 – sure', tokens: 12 })
  await answer(first.conversation, { text: 'Sure?', seed: 2 }, speaker(engine), listener())
  const start =
    '<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\n6*7?<|im_end|>\n<|im_start|>assistant\n'
  expect(shown).toEqual([
    start,
    `${start}42 – sure<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n<|im_start|>assistant\n`,
  ])
})

test('with tools code is run where it stands and the model goes on', async () => {
  const code = 'Let me see. <code>\n```python\nprint(12*13)\n```\n</code>'
  const { engine, shown } = scriptedEngine([code, '<answer>\n\\boxed{156}\n</answer>'])
  const ear = listener()
  const given = await answer(
    emptyConversation,
    { text: '12*13?', seed: 1 },
    speaker(engine, [calculator]),
    ear,
  )
  const output = '\n<interpreter>\n156\n</interpreter>\n'
  expect(ear.heard.join('')).toBe(`${code}[${output}]<answer>\n\\boxed{156}\n</answer>`)
  expect(shown[0]).toContain('Problem:\n12*13?')
  expect(shown[1]).toBe(output)
  expect(given.trajectory.stop).toEqual({ kind: 'answered' })
})

test('what was written before Ctrl-C stays in the conversation', async () => {
  const { engine } = scriptedEngine(['a long story'])
  const controller = new AbortController()
  const ear = listener()
  const given = await answer(
    emptyConversation,
    { text: 'Tell me', seed: 1, signal: controller.signal },
    speaker(engine),
    {
      ...ear,
      wrote: (text) => {
        ear.wrote(text)
        if (ear.heard.length === 4) controller.abort()
      },
    },
  )
  expect(given.trajectory.stop).toEqual({ kind: 'cancelled' })
  expect(given.text).toBe('a lo')
  expect(given.conversation.messages.at(-1)).toEqual({ role: 'assistant', content: 'a lo' })
  expect(tokenizer.decode(given.conversation.tokens)).toMatch(/assistant\na lo$/)
})
