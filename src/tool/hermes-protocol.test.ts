import { expect, test } from 'vitest'
import { z } from 'zod'
import type { ChatTemplate } from './chat-template.ts'
import { chatMl } from './chatml.fixture.ts'
import { functionTool } from './function-tool.ts'
import { hermesProtocol } from './hermes-protocol.ts'
import type { ChatMessage } from './tool.ts'

const weather = functionTool({
  name: 'weather',
  description: 'Weather of a city.',
  input: z.object({ city: z.string(), days: z.number().int().default(1) }),
  run: ({ city }) => `sun in ${city}`,
})
const tools = [weather]
const protocol = hermesProtocol(chatMl({ knowsTools: true }))
const called = (body: string) => protocol.parse(`Hm.\n<tool_call>\n${body}\n</tool_call>`, tools)

test('a call is JSON with a name and arguments that fit the schema', () => {
  const body = '{"name": "weather", "arguments": {"city": "Bonn"}}'
  expect(called(body)).toEqual({
    kind: 'call',
    call: { tool: 'weather', arguments: { city: 'Bonn' } },
  })
  const call = { tool: 'weather', arguments: { city: 'A "quoted"\nname', days: 2 } }
  expect(protocol.parse(protocol.renderCall(call), tools)).toEqual({ kind: 'call', call })
})

test('each malformed call has its name', () => {
  const cases = {
    '{"name": "weather", ': 'badJson',
    '["weather"]': 'badJson',
    '{"arguments": {}}': 'badJson',
    '{"name": "wether", "arguments": {}}': 'unknownTool',
    '{"name": "weather", "arguments": "Bonn"}': 'wrongArguments',
    '{"name": "weather", "arguments": {"city": 7}}': 'wrongArguments',
    '{"name": "weather", "arguments": {}}': 'wrongArguments',
  }
  for (const [body, name] of Object.entries(cases)) {
    expect([body, called(body)]).toMatchObject([body, { kind: 'malformed', name }])
  }
  expect(protocol.parse('<tool_call>{}', tools)).toMatchObject({ name: 'unclosedTag' })
  const two = protocol.renderCall({ tool: 'weather', arguments: { city: 'Bonn' } }).repeat(2)
  expect(protocol.parse(two, tools)).toMatchObject({ name: 'severalCalls' })
})

test('the message about an unknown tool suggests the near one', () => {
  expect(called('{"name": "wether"}')).toMatchObject({
    told: expect.stringContaining('did you mean weather?'),
  })
})

test('an answer is the last box of a turn without a call', () => {
  expect(protocol.parse('So \\boxed{12}.', tools)).toEqual({ kind: 'answer', text: '12' })
  expect(protocol.parse('So 12.', tools)).toEqual({ kind: 'none' })
})

test('an output comes in the frame that the template itself would print', () => {
  const pieces = protocol.renderOutput('156\n')
  expect(pieces).toEqual([
    { origin: 'template', text: '\n<|im_start|>user\n<tool_response>\n' },
    { origin: 'outside', text: '156' },
    { origin: 'template', text: '\n</tool_response><|im_end|>\n<|im_start|>assistant\n' },
  ])
})

test('first context, turn, frame and turn laid end to end are what the template prints', () => {
  const template = chatMl({ knowsTools: true })
  const opening: ChatMessage[] = [{ role: 'user', content: 'Q' }]
  const text = [
    template.render(opening, { addGenerationPrompt: true }),
    'thought<|im_end|>',
    ...protocol.renderOutput('156').map((piece) => piece.text),
  ].join('')
  const whole: ChatMessage[] = [
    ...opening,
    { role: 'assistant', content: 'thought' },
    { role: 'tool', content: '156' },
  ]
  expect(text).toBe(template.render(whole, { addGenerationPrompt: true }))
})

test('a template that knows tools gets them; another is told of them in a system message', () => {
  expect(protocol.templateTools?.(tools)?.[0]?.function.name).toBe('weather')
  expect(protocol.messages('Q', tools).map((message) => message.role)).toEqual(['user'])

  const plain = hermesProtocol(chatMl({ knowsTools: false }))
  expect(plain.templateTools?.(tools)).toBeUndefined()
  const [system, user] = plain.messages('Q', tools)
  expect(system?.content).toContain('"name":"weather"')
  expect(system?.content).toContain('<tool_call>')
  expect(user?.content.endsWith('Q')).toBe(true)
})

test('a template that refuses tool messages gets the output as Hermes models read it', () => {
  const base = chatMl({ knowsTools: false })
  const strict: ChatTemplate = {
    ...base,
    render(messages, options) {
      if (messages.some((message) => message.role === 'tool')) throw new Error('unknown role')
      return base.render(messages, options)
    },
  }
  expect(hermesProtocol(strict).renderOutput('1')[0]?.text).toBe(
    '\n<|im_start|>user\n<tool_response>\n',
  )
})

test('a template that spells earlier turns anew is refused', () => {
  const base = chatMl({ knowsTools: true })
  const forgetful: ChatTemplate = {
    ...base,
    render: (messages, options) =>
      (messages.length > 1 ? 'PS: ' : '') + base.render(messages, options),
  }
  expect(() => hermesProtocol(forgetful)).toThrow(/prefix property/)
  expect(() => hermesProtocol({ ...base, turnEnd: '<eos>' })).toThrow(/end-of-turn token/)
})
