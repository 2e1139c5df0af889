import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { demonstrationOf } from '../cold-start/problem.fixture.ts'
import { writeTinyModel } from '../train/fixtures/tiny-model-folder.ts'
import { printedBy } from './printed-by.fixture.ts'

const root = scratchFolder()
const at = (...names: string[]) => join(root, ...names)
const problems = at('problems.jsonl')

let server: Server
let url: string
const asked: Readonly<Record<string, unknown>>[] = []
/** Answers so many requests before it refuses for good. */
let answersLeft = Number.POSITIVE_INFINITY

beforeAll(async () => {
  writeTinyModel(at('model'))
  const lines = (values: readonly unknown[]) => values.map((one) => JSON.stringify(one)).join('\n')
  writeFileSync(
    problems,
    lines([2, 3].map((n) => ({ question: `${n} + ${n}?`, answer: `${2 * n}` }))),
  )
  writeFileSync(
    at('demonstrations.jsonl'),
    lines([demonstrationOf(), demonstrationOf({ id: 'b' })]),
  )
  server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    asked.push(JSON.parse(text))
    if (--answersLeft < 0) return response.writeHead(400).end('no more')
    const message = { content: 'Easily.\n<answer>\n\\boxed{4}\n' }
    const usage = { prompt_tokens: 9, completion_tokens: 6 }
    const body = { choices: [{ message, finish_reason: 'stop' }], usage }
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
  asked.length = 0
  answersLeft = Number.POSITIVE_INFINITY
})

test('--paper asks a server 32 times a problem, at temperature 1 and top-p 0.7', async () => {
  const words = ['evaluate', 'big', problems, '--server', url, '--no-tools', '--paper', '--json']
  const report = JSON.parse(await printedBy(...words, '--run', at('paper')))
  expect(asked).toHaveLength(64)
  for (const body of asked) {
    expect(body).toMatchObject({ model: 'big', temperature: 1, top_p: 0.7 })
  }
  expect(new Set(asked.map(({ seed }) => seed)).size).toBe(64)
  expect(report).toMatchObject({ attemptsPerProblem: 32, all: { average: { mean: 0.5 } } })
  expect(report.all.pass['32'].mean).toBe(0.5)
  expect(report.all.behaviour.responseLength).toBe(6)
  await expect(printedBy(...words, '--attempts', '4', '--run', at('no'))).rejects.toThrow(
    '--paper sets',
  )
})

test('an evaluation that was cut off goes on with the attempts that are missing', async () => {
  const words = ['evaluate', 'big', problems, '--server', url, '--no-tools', '--attempts', '4']
  const into = ['--concurrency', '1', '--run', at('cut'), '--json']
  answersLeft = 5
  await expect(printedBy(...words, ...into)).rejects.toThrow('no more')
  asked.length = 0
  answersLeft = Number.POSITIVE_INFINITY
  const report = JSON.parse(await printedBy(...words, ...into, '--resume'))
  expect(asked).toHaveLength(3)
  expect(report.all).toMatchObject({ attempts: 8, average: { mean: 0.5 } })
  expect(JSON.parse(readFileSync(at('cut', 'report.json'), 'utf8'))).toEqual(report)
  await expect(printedBy(...words, ...into, '--resume', '--seed', '2')).rejects.toThrow(
    'it was begun with seed 0, not 2',
  )
})

test('flags that would do nothing are refused before anything starts', async () => {
  const refused = (...flags: string[]) =>
    expect(printedBy('evaluate', 'big', problems, '--run', at('no'), ...flags)).rejects
  await refused('--calls', 'tools').toThrow('--calls has no effect without --server')
  await refused('--server', url, '--dtype', 'float32').toThrow('--dtype has no effect')
  await refused('--server', url, '--adapter', 'a').toThrow('--adapter has no effect')
  await refused('--server', url, '--template', 'chatml').toThrow('--template has no effect')
  expect(existsSync(at('no'))).toBe(false)
})

const runs = { 'all weights': 'null', 'an adapter': '{ rank: 4 }' }

test.each(Object.entries(runs))(
  'a run folder and its checkpoints are evaluated: %s',
  async (name, lora) => {
    const folder = (place: string) => at(`${name}-${place}`)
    writeFileSync(
      folder('sft.yaml'),
      `model: { reference: ${at('model')}, dtype: float32 }
demonstrations: ${at('demonstrations.jsonl')}
tools: []
epochs: 1
miniBatchSize: 1
heldOut: 0
checkpoints: { every: 2 }
learner: { learningRate: 0.1, lora: ${lora} }
`,
    )
    await printedBy('sft', folder('sft.yaml'), '--run', folder('sft'))
    const attempts = async (place: string, model: string, ...more: readonly string[]) => {
      const limits = ['--turn-tokens', '24', '--attempts', '2', '--no-tools', ...more]
      await printedBy('evaluate', model, problems, '--run', folder(place), ...limits)
      const lines = readFileSync(join(folder(place), 'attempts.jsonl'), 'utf8')
        .trim()
        .split('\n')
      const records = lines.map((line) => JSON.parse(line))
      return records
        .map(({ problemId, index, answer, tokens }) => [problemId, index, answer, tokens])
        .sort()
    }
    const trained = await attempts('of-run', folder('sft'))
    expect(trained).toHaveLength(4)
    expect(await attempts('of-base', at('model'))).not.toEqual(trained)
    const model = join(folder('sft'), 'model')
    const [base, ...adapter] = lora === 'null' ? [model] : [at('model'), '--adapter', model]
    expect(await attempts('of-model', base ?? '', ...adapter)).toEqual(trained)
    rmSync(model, { recursive: true })
    expect(await attempts('of-newest', folder('sft'))).toEqual(trained)
    const step = join(folder('sft'), 'checkpoints', 'step-000002')
    expect(await attempts('of-checkpoint', step)).toEqual(trained)
  },
)

test('a model that is not there is named', async () => {
  const refused = printedBy('evaluate', at('none'), problems, '--run', at('x'))
  await expect(refused).rejects.toThrow('no such file')
  expect(existsSync(at('x')), 'a run left behind').toBe(false)
})
