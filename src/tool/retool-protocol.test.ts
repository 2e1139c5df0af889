import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UserError } from '../base/errors.ts'
import { reToolProtocol as protocol } from './retool-protocol.ts'
import type { Tool } from './tool.ts'

const tool = (name: string): Tool => ({
  name,
  description: '',
  parameters: { type: 'object' },
  call: async () => ({ text: '', ok: true, status: 'ok', durationMs: 0 }),
})
const tools = [tool('interpreter')]
const fenced = (code: string) => `<code>\n\`\`\`python\n${code}\n\`\`\`\n</code>`

test('the prompt is one user message with every tag of the paper, then the question', () => {
  const messages = protocol.messages('What is 6*7?', tools)
  expect(messages.map((message) => message.role)).toEqual(['user'])
  const content = messages[0]?.content ?? ''
  for (const tag of ['<code>\n```python\n', '```\n</code>', '<interpreter>', '</interpreter>']) {
    expect(content).toContain(tag)
  }
  expect(content).toContain('<answer>\n\\boxed{your final answer}\n</answer>')
  expect(content.endsWith('What is 6*7?')).toBe(true)
})

test('without tools the prompt asks for text alone', () => {
  const content = protocol.messages('Q', [])[0]?.content ?? ''
  expect(content).not.toContain('<code>')
  expect(content).toContain('<answer>')
})

test('a tool besides the interpreter is refused', () => {
  expect(() => protocol.messages('Q', [...tools, tool('weather')])).toThrow(UserError)
})

test('a fenced script is a call, with its indentation and inner quotes kept', () => {
  const code = "for i in range(2):\n    print('```', i)"
  expect(protocol.parse(`Let me see.\n${fenced(code)}`, tools)).toEqual({
    kind: 'call',
    call: { tool: 'interpreter', arguments: { code } },
  })
  expect(protocol.parse('a <code> tag, then <code>```py\nx\n```</code>', tools)).toMatchObject({
    call: { arguments: { code: 'x' } },
  })
})

test('each malformed call has its name and a short message', () => {
  const cases = {
    '<code>print(1)</code>': 'noFence',
    '<code>\n```python\nprint(1)</code>': 'noFence',
    '```python\nprint(1)\n```\n</code>': 'unclosedTag',
    '<code>\n```python\nprint(1)\n```\n': 'unclosedTag',
    '<answer>\n\\boxed{3}': 'unclosedTag',
    '<code>\n```python\n1\n```\n```python\n2\n```\n</code>': 'severalCalls',
  }
  for (const [text, name] of Object.entries(cases)) {
    const move = protocol.parse(text, tools)
    expect([text, move]).toEqual([text, { kind: 'malformed', name, told: expect.any(String) }])
    if (move.kind === 'malformed') expect(move.told.length).toBeLessThan(120)
  }
  expect(protocol.parse(fenced('1'), [])).toMatchObject({ name: 'unknownTool' })
})

test('an answer is what its box holds, or else what its tag holds', () => {
  expect(protocol.parse('so <answer>\n\\boxed{\\frac{1}{2}}\n</answer>', tools)).toEqual({
    kind: 'answer',
    text: '\\frac{1}{2}',
  })
  expect(protocol.parse('<answer> 12 </answer>', tools)).toEqual({ kind: 'answer', text: '12' })
  expect(protocol.parse('It is 12.', tools)).toEqual({ kind: 'none' })
})

test('an output stands between interpreter tags, all of it text from outside', () => {
  expect(protocol.renderOutput('42\n')).toEqual([
    { origin: 'outside', text: '\n<interpreter>\n42\n</interpreter>\n' },
  ])
})

test('what is rendered for demonstrations is parsed back', () => {
  const line = fc.stringMatching(/^[ a-z0-9()=+'#]{0,12}$/)
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
      const call = { tool: 'interpreter', arguments: { code: lines.join('\n').trimEnd() } }
      expect(protocol.parse(`Thought.\n${protocol.renderCall(call)}`, tools)).toEqual({
        kind: 'call',
        call,
      })
    }),
  )
  expect(protocol.parse(protocol.renderAnswer('x^{2}'), tools)).toEqual({
    kind: 'answer',
    text: 'x^{2}',
  })
})
