import { mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { RandomStream } from '../base/random.ts'
import { clips } from './problem.fixture.ts'
import { pythonTool } from './python-tool.fixture.ts'
import type { TeacherOptions } from './teacher.ts'
import { Teacher } from './teacher.ts'
import { parseTeacherText } from './teacher-text.ts'
import { writeByTeacher } from './write-by-teacher.ts'

const { signal } = new AbortController()
let server: Server | undefined

afterEach(() => server?.close())

type Answer = { status: number; body?: unknown; headers?: Record<string, string> }

/** A server that answers the requests in turn; `asked` holds what it was sent. */
async function serve(answers: Answer[]) {
  const asked: { messages: { role: string; content: string }[] }[] = []
  server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    asked.push(JSON.parse(text))
    const answer = answers.shift() ?? { status: 500 }
    response.writeHead(answer.status, answer.headers)
    response.end(JSON.stringify(answer.body ?? { error: 'no' }))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/v1`, asked }
}

const said = (content: string): Answer => ({
  status: 200,
  body: {
    choices: [{ message: { content } }],
    usage: { prompt_tokens: 1_000, completion_tokens: 100 },
  },
})

const optionsFor = (url: string, changes: Partial<TeacherOptions> = {}): TeacherOptions => ({
  url,
  model: 'big',
  retryDelayMs: 1,
  ledger: join(mkdtempSync(join(tmpdir(), 'teacher-')), 'replies.jsonl'),
  ...changes,
})

const script = (code: string) =>
  `I compute it.\n<code>\n\`\`\`python\n${code}\n\`\`\`\n</code>\n<interpreter>\n999\n</interpreter>\n`
const ending = 'It is 72.\n<answer>\n\\boxed{72}\n</answer>'
const ask = (teacher: Teacher, content: string) => teacher.ask([{ role: 'user', content }], signal)

test('retries what may pass, gives up on what will not, and remembers every reply', async () => {
  const { url, asked } = await serve([
    { status: 429, headers: { 'retry-after': '0' } },
    { status: 503 },
    said('hello'),
    { status: 401 },
  ])
  const options = optionsFor(url, { prices: { prompt: 1, completion: 10 } })
  const teacher = await Teacher.open(options)
  expect(await ask(teacher, 'a')).toBe('hello')
  expect(asked).toHaveLength(3)
  expect(teacher.cost).toMatchObject({ requests: 3, promptTokens: 1_000, dollars: 0.002 })
  await expect(ask(teacher, 'b')).rejects.toThrow('refused with status 401')
  const later = await Teacher.open(options)
  expect(await ask(later, 'a')).toBe('hello')
  expect(later.cost).toMatchObject({ requests: 0, remembered: 1, dollars: 0.002 })
})

test('stops at the cost limit before asking', async () => {
  const { url, asked } = await serve([said('one'), said('two')])
  const prices = { prompt: 1, completion: 0 }
  const teacher = await Teacher.open(optionsFor(url, { prices, costLimit: 0.001 }))
  await ask(teacher, 'a')
  await expect(ask(teacher, 'b')).rejects.toThrow('cost limit of 0.001 dollars')
  expect(asked).toHaveLength(1)
})

test('what the teacher claims is replaced by what really printed', async () => {
  const { url } = await serve([said(script('print(48 + 48 // 2)') + ending)])
  const teacher = await Teacher.open(optionsFor(url))
  const writing = { teacher, interpreter: pythonTool, keptErrors: 0 }
  const run = await writeByTeacher(clips, RandomStream.named(1, 'a'), writing, signal)
  expect(run).toMatchObject({
    kind: 'demonstration',
    demonstration: { writer: 'teacher:big', turns: [{ output: { text: '72' } }] },
  })
})

test.each([0, 1])(
  'a failed snippet is repaired once; the error stays at a share of %i',
  async (keptErrors) => {
    const { url, asked } = await serve([
      said(script('print(fortyeight)') + ending),
      said(script('print(48 + 24)').replace('I compute it.', 'The name was wrong.') + ending),
    ])
    const teacher = await Teacher.open(optionsFor(url))
    const writing = { teacher, interpreter: pythonTool, keptErrors }
    const run = await writeByTeacher(clips, RandomStream.named(1, 'a'), writing, signal)
    expect(asked[1]?.messages.at(-1)?.content).toContain('NameError')
    const turns = run.kind === 'demonstration' ? run.demonstration.turns : []
    expect(turns.map(({ output }) => output.ok)).toEqual(keptErrors ? [false, true] : [true])
    expect(turns.at(-1)?.thought).toBe(keptErrors ? 'The name was wrong.' : 'I compute it.')
  },
)

test('a broken format is told, not repaired', () => {
  expect(parseTeacherText(`${script('print(1)')}It is \\boxed{1}`)).toBeNull()
  expect(parseTeacherText(`<code>print(1)</code>${ending}`)).toBeNull()
  expect(parseTeacherText(script('print(1)') + ending)).toEqual({
    turns: [{ thought: 'I compute it.', code: 'print(1)' }],
    closing: { thought: 'It is 72.', answer: '72' },
  })
})
