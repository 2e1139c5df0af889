import { afterEach, expect, test } from 'vitest'
import { byteCodec } from '../tool/byte-codec.fixture.ts'
import type { Tool } from '../tool/tool.ts'
import { closeServers, saying, serving, user } from './serving.fixture.ts'

afterEach(closeServers)

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}
const calling =
  'Let me look.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Bonn"}}\n</tool_call>'

test("a call to the client's tool is given to it, and its output goes back to the model", async () => {
  const { client, seen } = await serving((tokens, sampling) =>
    saying(byteCodec.decode(tokens).includes('sunny') ? 'Sunny.' : calling)(tokens, sampling),
  )
  const request = { model: 'small', tools: [weather] }
  const reply = await client.chat.completions.create({ ...request, messages: [user('Bonn?')] })
  const message = reply.choices[0]?.message
  expect(reply.choices[0]?.finish_reason).toBe('tool_calls')
  expect(message?.content).toBe('Let me look.\n')
  expect(message?.tool_calls).toMatchObject([
    { type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
  ])
  expect(seen[0]?.text).toContain('"name":"weather"')

  const second = await client.chat.completions.create({
    ...request,
    messages: [
      user('Bonn?'),
      {
        role: 'assistant',
        content: message?.content ?? null,
        tool_calls: message?.tool_calls ?? [],
      },
      { role: 'tool', tool_call_id: message?.tool_calls?.[0]?.id ?? '', content: 'sunny' },
    ],
  })
  expect(second.choices[0]?.message.content).toBe('Sunny.')
  expect(seen[1]?.text).toContain(
    '<tool_call>\n{"name":"weather","arguments":{"city":"Bonn"}}\n</tool_call>',
  )
})

test('a streamed call shows its text first and its call whole; what is no call stays text', async () => {
  const textOf = async (written: string) => {
    const { client } = await serving(saying(written))
    const stream = await client.chat.completions.create({
      model: 'small',
      messages: [user('Bonn?')],
      tools: [weather],
      stream: true,
    })
    let text = ''
    let calls = ''
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? ''
      calls += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? ''
    }
    return [text, calls]
  }
  expect(await textOf(calling)).toEqual(['Let me look.\n', '{"city":"Bonn"}'])
  expect(await textOf('a <tool_call> is')).toEqual(['a <tool_call> is', ''])
})

const interpreter: Tool = {
  name: 'interpreter',
  description: 'Runs Python.',
  parameters: { type: 'object' },
  call: async () => ({ text: '42', ok: true, status: 'ok', durationMs: 1 }),
}

test('with the interpreter the server runs the code and streams the whole trajectory', async () => {
  const code = '<code>\n```python\nprint(6*7)\n```\n</code>'
  const { client, seen } = await serving(
    (tokens, sampling) =>
      saying(
        byteCodec.decode(tokens).includes('<interpreter>\n42')
          ? 'So <answer>\n\\boxed{42}\n</answer>'
          : `I compute. ${code}`,
      )(tokens, sampling),
    { interpreter },
  )
  const stream = await client.chat.completions.create({
    model: 'small',
    messages: [user('What is 6*7?')],
    stream: true,
    seed: 3,
  })
  let text = ''
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
  expect(text).toBe(
    `I compute. ${code}\n<interpreter>\n42\n</interpreter>\nSo <answer>\n\\boxed{42}\n</answer>`,
  )
  expect(seen[1]?.text.endsWith('\n<interpreter>\n42\n</interpreter>\n')).toBe(true)
})
