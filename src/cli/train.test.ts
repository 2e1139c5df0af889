import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { demonstrationOf } from '../cold-start/problem.fixture.ts'
import { RunReader } from '../run/run-reader.ts'
import { listTrajectories, readTrajectory } from '../run/trajectory-query.ts'
import { writeTinyModel } from '../train/fixtures/tiny-model-folder.ts'
import { printedBy } from './printed-by.fixture.ts'

const root = scratchFolder()
const at = (name: string) => join(root, name)

beforeAll(() => {
  writeTinyModel(at('model'))
  const problems = [2, 3, 4, 5].map((n) => ({
    question: `What is ${n} + ${n}?`,
    answer: `${2 * n}`,
  }))
  const lines = (values: readonly unknown[]) =>
    values.map((one) => `${JSON.stringify(one)}\n`).join('')
  writeFileSync(at('problems.jsonl'), lines(problems))
  const demonstrations = ['a', 'b', 'c', 'd', 'e'].map((id) => demonstrationOf({ id }))
  writeFileSync(at('demonstrations.jsonl'), lines(demonstrations))
  writeFileSync(
    at('sft.yaml'),
    `model: { reference: ${at('model')}, dtype: float32 }
demonstrations: ${at('demonstrations.jsonl')}
miniBatchSize: 2
heldOut: 0.2
evaluateEvery: 2
learner: { learningRate: 1.0e-2 }
`,
  )
  writeFileSync(
    at('rl.yaml'),
    `steps: 2
model: { reference: ${at('model')}, dtype: float32 }
problems: [{ from: ${at('problems.jsonl')} }]
rollout:
  problemsPerStep: 1
  groupSize: 2
  limits: { turns: 2, turnTokens: 16, trajectoryTokens: 2000 }
engine: { cacheTokens: 16384, maxBatch: 8 }
reward: { kind: weighted, parts: { outcome: 1, length: { weight: 0.1, longest: 64 } } }
advantage: { kind: gae }
update: { klPenalty: { coefficient: { kind: adaptive, value: 0.1, target: 0.01, horizon: 10 } } }
evaluation: { problems: [{ from: ${at('problems.jsonl')}, limit: 1 }], every: 1 }
checkpoints: { every: 1 }
`,
  )
})

test('sft fits a model to demonstrations and writes one that opens again', async () => {
  const result = JSON.parse(await printedBy('sft', at('sft.yaml'), '--run', at('cold'), '--json'))
  expect(result).toMatchObject({ steps: 4, demonstrations: 4, model: at('cold/model') })
  expect(result.best.loss).toBeLessThan(6)
  expect(readdirSync(at('cold/model'))).toEqual(
    expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
  )
  const plan = await printedBy(
    'train',
    at('rl.yaml'),
    '--dry-run',
    '--set',
    `model.reference=${at('cold/model')}`,
  )
  expect(plan).toContain('3 to train on, 1 to be judged by')
  for (const part of ['masters, float32', 'optimizer moments', 'critic', 'cache of the engine']) {
    expect(plan).toContain(part)
  }
  expect(plan).toContain('steps     2, each 1 problems x 2 = 2 trajectories')
  expect(plan).toContain('2 behind an optimizer step: 2 of these in all')
  expect(plan).toMatch(/a checkpoint of [\d.]+ GiB every 1 steps, the newest 2 and the best/)
  expect(plan).toMatch(/(\d+) tokens, 0 of them trained on \(mask 0 x \1\)/)
  expect(plan).toContain('What is')
})

test('train goes through PPO with a critic and a KL penalty, and on with --resume', async () => {
  const first = JSON.parse(await printedBy('train', at('rl.yaml'), '--run', at('rl'), '--json'))
  expect(first).toMatchObject({ steps: 2, ended: 'allSteps', model: at('rl/model') })
  const checkpoints = at('rl/checkpoints')
  expect(readdirSync(join(checkpoints, 'step-000002'))).toEqual(
    expect.arrayContaining(['checkpoint.json', 'critic.safetensors', 'learner.safetensors']),
  )
  const model = readFileSync(at('rl/model/model.safetensors'))
  rmSync(join(checkpoints, 'step-000002'), { recursive: true })
  const again = JSON.parse(
    await printedBy('train', at('rl.yaml'), '--run', at('rl'), '--resume', '--json'),
  )
  expect(again).toEqual(first)
  expect(readFileSync(at('rl/model/model.safetensors')).equals(model)).toBe(true)
  const other = printedBy('train', at('rl.yaml'), '--run', at('rl'), '--resume', '--set', 'seed=9')
  await expect(other).rejects.toThrow(/another configuration/)
})

test('a recipe in code trains with tools, problems, rewards and a judge of its own', async () => {
  writeFileSync(
    at('own.mjs'),
    `const clock = {
  name: 'clock', description: 'The time.', parameters: { type: 'object' },
  call: async () => ({ text: '12:00', ok: true, status: 'ok', durationMs: 0 }),
}
export function recipe() {
  return {
    steps: 1,
    model: { reference: ${JSON.stringify(at('model'))}, dtype: 'float32' },
    tools: [clock],
    protocol: 'hermes',
    problems: [{ own: () => [{ question: 'What time is it?', answer: 'noon' }], name: 'times' }],
    rollout: { problemsPerStep: 1, groupSize: 2, limits: { turns: 2, turnTokens: 12, trajectoryTokens: 2000 } },
    engine: { cacheTokens: 16384, maxBatch: 8 },
    reward: { parts: {}, own: { place: { weight: 1, values: (attempts) => attempts.map((_, index) => index) } } },
    judge: (problem, answer) => answer.includes(problem.answer),
    evaluation: { problems: [{ own: [{ question: 'And now?', answer: 'noon' }] }], every: 1 },
  }
}
`,
  )
  const result = JSON.parse(await printedBy('train', at('own.mjs'), '--run', at('own'), '--json'))
  expect(result).toMatchObject({ steps: 1, ended: 'allSteps' })
  expect(JSON.parse(readFileSync(at('own/config.json'), 'utf8'))).toMatchObject({
    tools: [{ name: 'clock', call: 'function call' }],
    judge: 'function judge',
  })
  using reader = new RunReader(at('own'))
  const query = { filter: {}, sort: 'recorded', descending: false, offset: 0, limit: 9 } as const
  const rows = reader.query([], (database) => listTrajectories(database, query))
  expect(rows.map(({ source, reward }) => [source, reward])).toEqual([
    ['times', 0],
    ['times', 1],
    ['own', 0],
  ])
  const key = { phase: 'train', step: 1, id: rows[0]?.id ?? '' } as const
  const found = reader.query(undefined, (database) => readTrajectory(database, key))
  const tokens = found?.body.segments.flatMap((segment) => segment.tokens) ?? []
  expect(found?.body.segments[0]?.pieces.join('')).toContain('clock')
  for (const name of ['advantages', 'oldLogprobs', 'newLogprobs', 'entropies'] as const) {
    expect(found?.body.tokenValues[name], name).toHaveLength(tokens.length)
  }
  expect(found?.body.verdict).toMatch(/no answer was found|by the recipe's judge/)
})

const refusals: Readonly<Record<string, readonly [string, RegExp]>> = {
  'an unknown key': ['rollout.groupSzie=4', /unknown key; did you mean groupSize/],
  'a wrong value': ['learner.learningRate=-1', /learner.learningRate: expected a number above 0/],
  'a key without effect': ['advantage={kind: grpo}', /critic/],
  'stale trajectories that nothing corrects': [
    'rollout.staleness=1',
    /update.correction: expected one such as/,
  ],
  'groups of one': ['rollout.groupSize=0', /rollout.groupSize: expected a number of at least 1/],
}
for (const [name, [assignment, message]] of Object.entries(refusals)) {
  test(`${name} is refused before anything starts`, async () => {
    const more = name === 'a key without effect' ? ['--set', 'critic.passes=2'] : []
    const refused = printedBy(
      'train',
      at('rl.yaml'),
      '--run',
      at('no'),
      '--set',
      assignment,
      ...more,
    )
    await expect(refused).rejects.toThrow(message)
    expect(readdirSync(root)).not.toContain('no')
  })
}
