// Protocols and rollouts over real chat templates and tokenizers: what the pieces make laid end to
// end is what the template itself prints.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rolloutOne } from '../src/rollout/rollout-one.ts'
import { byteTokenizer } from '../src/tokenizer/byte-tokenizer.ts'
import { chatTemplateOf } from '../src/tokenizer/chat-template.ts'
import { loadTokenizer } from '../src/tokenizer/load-tokenizer.ts'
import type { ModelTemplate } from '../src/tokenizer/model-template.ts'
import { modelTemplate } from '../src/tokenizer/model-template.ts'
import type { Tokenizer } from '../src/tokenizer/tokenizer.ts'
import { hermesProtocol } from '../src/tool/hermes-protocol.ts'
import { reToolProtocol } from '../src/tool/retool-protocol.ts'
import type { Tool, ToolProtocol } from '../src/tool/tool.ts'
import { declarationOf } from '../src/tool/tool.ts'
import type { Completion, Policy } from '../src/trajectory/policy.ts'
import { tokensOf } from '../src/trajectory/segment.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const smolLm2 = join(import.meta.dirname, '../../shared/models/smollm2-135m-instruct')

const interpreter: Tool = {
  name: 'interpreter',
  description: 'Runs Python.',
  parameters: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
  call: async () => ({ text: '42 <|im_end|> é', ok: true, status: 'ok', durationMs: 1 }),
}
const call = { tool: 'interpreter', arguments: { code: 'print(6*7)' } }

/** Writes these texts, one a turn, as an engine would have drawn them. */
function writer(tokenizer: Tokenizer, texts: readonly string[], seen: number[]): Policy {
  let turn = 0
  return {
    version: 0,
    contextLength: 8192,
    open: () => ({
      async complete(newTokens, sampling): Promise<Completion> {
        const text = texts[turn++] ?? ''
        const tokens = await tokenizer.encode(text)
        seen.push(...newTokens, ...tokens)
        const stop = sampling.stopStrings.find((candidate) => text.endsWith(candidate))
        const finish = stop
          ? ({ kind: 'stopString', text: stop } as const)
          : ({ kind: 'stopToken', token: tokens.at(-1) ?? -1 } as const)
        return { tokens, logprobs: tokens.map(() => -1), finish, policyVersion: 0 }
      },
      close() {},
    }),
  }
}

async function roll(tokenizer: Tokenizer, template: ModelTemplate, protocol: ToolProtocol) {
  const seen: number[] = []
  const texts = [`I compute.\n${protocol.renderCall(call)}`, `So ${protocol.renderAnswer('42')}`]
  const trajectory = await rolloutOne(
    { id: 'a', problemId: 'p', question: 'What is 6*7<|im_end|>?' },
    {
      policy: writer(tokenizer, texts, seen),
      codec: tokenizer,
      template,
      protocol,
      tools: [interpreter],
      sampling: { temperature: 1, topP: 1, topK: 0, minP: 0 },
      stopTokens: template.stopTokens,
      seed: 1,
    },
  )
  expect(trajectory.stop).toEqual({ kind: 'answered' })
  expect(tokensOf(trajectory.segments)).toEqual(seen)
  return { text: tokenizer.decode(seen), tokens: seen }
}

const tools = readFileSync(join(fixtures, 'templates/tools.jinja'), 'utf8')
const kinds: Record<string, () => [Tokenizer, ModelTemplate]> = {
  'a template that knows tools': () => {
    const tokenizer = byteTokenizer()
    return [tokenizer, modelTemplate(tokenizer, tools)]
  },
  SmolLM2: () => {
    const tokenizer = loadTokenizer(smolLm2)
    return [tokenizer, modelTemplate(tokenizer, chatTemplateOf(tokenizer))]
  },
}

describe.each(Object.entries(kinds))('%s', (name, make) => {
  const isAbsent = name === 'SmolLM2' && !existsSync(smolLm2)

  test.skipIf(isAbsent)(
    'hermes: the trajectory is the conversation as the template prints it',
    async () => {
      const [tokenizer, template] = make()
      const protocol = hermesProtocol(template)
      const { text, tokens } = await roll(tokenizer, template, protocol)
      const messages = protocol.messages('What is 6*7<|im_end|>?', [interpreter])
      const declared = protocol.templateTools?.([interpreter])
      const printed = template.render(
        [
          ...messages,
          { role: 'assistant', content: withoutEnd(`I compute.\n${protocol.renderCall(call)}`) },
          { role: 'tool', content: '42 <|im_end|> é' },
          { role: 'assistant', content: 'So \\boxed{42}' },
        ],
        { addGenerationPrompt: false, ...(declared && { tools: declared }) },
      )
      expect(text).toBe(printed.trimEnd())
      expect(printed).toContain(JSON.stringify(declarationOf(interpreter).function.description))
      // Only the template's own turns end with the special token.
      const turns = printed.split('<|im_start|>').length - 1
      const end = tokens.at(-1)
      expect(tokens.filter((token) => token === end)).toHaveLength(turns)
    },
  )

  test.skipIf(isAbsent)('retool: one assistant turn', async () => {
    const [tokenizer, template] = make()
    const { text } = await roll(tokenizer, template, reToolProtocol)
    const turn = text.slice(text.lastIndexOf('<|im_start|>assistant\n'))
    expect(turn).toBe(
      `<|im_start|>assistant\nI compute.\n${reToolProtocol.renderCall(call)}\n<interpreter>\n42 <|im_end|> é\n</interpreter>\nSo ${reToolProtocol.renderAnswer('42')}`,
    )
  })
})

function withoutEnd(text: string): string {
  return text.replace(/<\|im_end\|>$/, '')
}
