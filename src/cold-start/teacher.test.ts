import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { InfrastructureError, UserError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import type { ChatModel, ChatRequest } from '../trajectory/chat-model.ts'
import { clips } from './problem.fixture.ts'
import { pythonTool } from './python-tool.fixture.ts'
import type { TeacherOptions } from './teacher.ts'
import { Teacher } from './teacher.ts'
import { parseTeacherText } from './teacher-text.ts'
import { writeByTeacher } from './write-by-teacher.ts'

const { signal } = new AbortController()

/** A model that gives these replies in turn; `asked` holds what it was sent. */
function scripted(replies: (string | Error)[]) {
  const asked: ChatRequest[] = []
  const model: ChatModel = {
    name: 'big',
    async reply(request) {
      asked.push(request)
      const next = replies.shift() ?? new InfrastructureError('server_error', 'no more')
      if (next instanceof Error) throw next
      const counts = { promptTokens: 1_000, completionTokens: 100 }
      return { text: next, calls: [], isCut: false, ...counts }
    },
  }
  return { model, asked }
}

const busy = (retryAfterMs: number) =>
  new InfrastructureError('server_busy', 'HTTP 429', { retryAfterMs })

const optionsFor = (model: ChatModel, changes: Partial<TeacherOptions> = {}): TeacherOptions => ({
  model,
  retryDelayMs: 1,
  ledger: join(scratchFolder(), 'replies.jsonl'),
  ...changes,
})

const script = (code: string) =>
  `I compute it.\n<code>\n\`\`\`python\n${code}\n\`\`\`\n</code>\n<interpreter>\n999\n</interpreter>\n`
const ending = 'It is 72.\n<answer>\n\\boxed{72}\n</answer>'
const ask = (teacher: Teacher, content: string) => teacher.ask([{ role: 'user', content }], signal)

test('retries what may pass, gives up on what will not, and remembers every reply', async () => {
  const { model, asked } = scripted([
    busy(0),
    new InfrastructureError('server_error', 'HTTP 503'),
    'hello',
    new UserError('refused: HTTP 401'),
  ])
  const options = optionsFor(model, { prices: { prompt: 1, completion: 10 } })
  const teacher = await Teacher.open(options)
  expect(await ask(teacher, 'a')).toBe('hello')
  expect(asked).toHaveLength(3)
  expect(teacher.cost).toMatchObject({ requests: 3, promptTokens: 1_000, dollars: 0.002 })
  await expect(ask(teacher, 'b')).rejects.toThrow('HTTP 401')
  const later = await Teacher.open(options)
  expect(await ask(later, 'a')).toBe('hello')
  expect(later.cost).toMatchObject({ requests: 0, remembered: 1, dollars: 0.002 })
})

test('a teacher that stays out of reach is told with the number of tries', async () => {
  const teacher = await Teacher.open(optionsFor(scripted([]).model, { retries: 2 }))
  await expect(ask(teacher, 'a')).rejects.toThrow('tried 3 times')
})

test('stops at the cost limit before asking, and waits for what is under way', async () => {
  const { model, asked } = scripted(['one', 'two', 'three'])
  const prices = { prompt: 1, completion: 0 }
  // Each reply costs 0.001 dollars, and no request is expected to cost a tenth of that.
  const teacher = await Teacher.open(optionsFor(model, { prices, costLimit: 0.00105 }))
  const replies = await Promise.allSettled(['a', 'b'].map((content) => ask(teacher, content)))
  expect(replies.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  await expect(ask(teacher, 'c')).rejects.toThrow('cost limit of 0.00105 dollars')
  expect(asked).toHaveLength(2)
  const careful = await Teacher.open(
    optionsFor(scripted(['one', 'two']).model, {
      prices: { prompt: 0, completion: 1 },
      tokenLimit: 1_000,
      costLimit: 0.0015,
    }),
  )
  // Two requests of up to 0.001 dollars do not fit at once; one after the other they do.
  expect(await Promise.all(['a', 'b'].map((content) => ask(careful, content)))).toHaveLength(2)
})

test('what the teacher claims is replaced by what really printed', async () => {
  const { model } = scripted([script('print(48 + 48 // 2)') + ending])
  const teacher = await Teacher.open(optionsFor(model))
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
    const { model, asked } = scripted([
      script('print(fortyeight)') + ending,
      script('print(48 + 24)').replace('I compute it.', 'The name was wrong.') + ending,
    ])
    const teacher = await Teacher.open(optionsFor(model))
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
  expect(parseTeacherText(`<think>So <code>?</think>\n${script('print(1)')}${ending}`)).toEqual({
    turns: [{ thought: 'I compute it.', code: 'print(1)' }],
    closing: { thought: 'It is 72.', answer: '72' },
  })
})
