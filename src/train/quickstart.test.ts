// The quickstart's path on a random model that is cheap enough to be stopped and gone on with.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { present } from '../base/check.ts'
import { openGenerator } from '../data/open-generator.ts'
import { quickstartMixture } from '../data/quickstart-mixture.ts'
import { openModel } from '../policy/open-model.ts'
import type { AttemptReader } from '../reward/attempt.ts'
import { RunFolder } from '../run/folder.ts'
import { curve } from '../run/metric-query.ts'
import { RunReader } from '../run/run-reader.ts'
import { createSandbox } from '../sandbox/create-sandbox.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { readFloats } from '../tensor/transfer.ts'
import { interpreter } from '../tool/interpreter.ts'
import { newestCheckpoint } from './checkpoint.ts'
import { writeTinyModel } from './fixtures/tiny-model-folder.ts'
import { openQuickstartModel } from './quickstart.ts'
import { quickstartAlgorithms } from './quickstart-algorithms.ts'
import { type QuickstartConfig, quickstartCheck } from './quickstart-config.ts'
import type { QuickstartResult } from './quickstart-options.ts'
import { QuickstartStory } from './quickstart-story.ts'

const root = scratchFolder()
expectNoTensorsLeft()
let sandbox: Sandbox | undefined
beforeAll(async () => {
  writeTinyModel(join(root, 'model'))
  sandbox = await createSandbox()
})
afterAll(async () => {
  await sandbox?.close()
})

/** A random model solves nothing; how long it writes differs, and is what is rewarded. */
function configOf(algorithm: keyof typeof quickstartAlgorithms): QuickstartConfig {
  return {
    ...quickstartCheck,
    model: join(root, 'model'),
    dtype: 'float32',
    problems: {
      seed: 1,
      demonstrations: 4,
      train: 4,
      heldOut: 4,
      demonstrated: [{ family: 'shopping' }],
      undemonstrated: [{ family: 'theater' }],
    },
    coldStart: { ...quickstartCheck.coldStart, miniBatchSize: 2 },
    policy: {
      ...quickstartCheck.policy,
      steps: 2,
      learningRate: 1e-2,
      reward: { outcome: 1, length: { weight: 1, longest: 200 } },
      advantage: quickstartAlgorithms[algorithm],
      repeatable: true,
    },
    critic: { ...quickstartCheck.critic, miniBatchSize: null },
    limits: { turns: 2, turnTokens: 128, trajectoryTokens: 3000 },
    cacheTokens: 32_768,
    microBatchTokens: 8192,
  }
}

/** Runs it, or goes on with it; `stopIn` aborts at the first word of that chapter. */
async function told(
  name: string,
  config: QuickstartConfig,
  stopIn?: string,
): Promise<QuickstartResult> {
  const path = join(root, name)
  const digest = name
  const from = newestCheckpoint(join(path, 'checkpoints'), digest, () => undefined)
  using run = readdirSync(root).includes(name)
    ? RunFolder.resume(path, from?.step ?? 0)
    : RunFolder.create(path, { command: 'quickstart', config, totalSteps: null })
  const controller = new AbortController()
  const chapter = (title: string) => ({
    update(done: number) {
      if (title === stopIn && done > 0) controller.abort(new Error(`stopped in ${title}`))
    },
    [Symbol.dispose]: () => {},
  })
  const tool = interpreter(present(sandbox, 'a sandbox'))
  using model = await openQuickstartModel(config, tool)
  const reader: AttemptReader = {
    decode: (tokens) => model.tokenizer.decode(tokens),
    judge: async () => ({ correct: false, score: 0, by: 'exact' }),
  }
  const { signal } = controller
  const options = { config, digest, run, from, narrator: { chapter }, signal }
  // The families are stories, which need no generator.
  const problems = await quickstartMixture(config.problems, openGenerator())
  const result = await new QuickstartStory(options, { model, tool, reader, problems }).tell()
  run.finish()
  return result
}

async function weightsOf(folder: string): Promise<number[]> {
  using model = await openModel(folder)
  return [...model.weights.values()].flatMap((tensor) => [...readFloats(tensor)])
}

/** Steps at which a metric was recorded. */
function stepsOf(name: string, metric: string): readonly number[] {
  using reader = new RunReader(join(root, name))
  const query = { name: metric, axis: 'step', limit: 100 } as const
  return reader.query<readonly number[]>([], (database) => curve(database, query).x)
}

test('RL moves the weights, and a run stopped in any chapter goes on to the same end', async () => {
  const config = configOf('grpo')
  const whole = await told('whole', config)
  const trained = await weightsOf(whole.model)
  // Two optimizer steps of the cold start, then two of RL.
  expect(stepsOf('whole', 'imitation/loss')).toEqual([1, 2])
  expect(stepsOf('whole', 'update/gradient-norm')).toEqual([3, 4])
  const cold = await told('cold', { ...config, policy: { ...config.policy, steps: 0 } })
  expect(await weightsOf(cold.model)).not.toEqual(trained)

  const stops: readonly (readonly [string, readonly string[]])[] = [
    ['evaluation, untouched', []],
    ['cold start', ['step-000001']],
    ['evaluation, after cold start', ['step-000002']],
    ['reinforcement learning', ['step-000003']],
    ['evaluation, after RL', ['step-000004']],
  ]
  for (const [chapter, checkpoints] of stops) {
    await expect(told('stopped', config, chapter)).rejects.toThrow(`stopped in ${chapter}`)
    expect(readdirSync(join(root, 'stopped/checkpoints'))).toEqual(checkpoints)
  }
  const result = await told('stopped', config)
  expect(await weightsOf(result.model)).toEqual(trained)
  expect(result.untouched).toEqual(whole.untouched)
  for (const metric of ['imitation/loss', 'update/gradient-norm', 'evaluation/accuracy']) {
    expect(stepsOf('stopped', metric)).toEqual(stepsOf('whole', metric))
  }
})

test('PPO: the critic learns from the first step on, the policy after the warm-up', async () => {
  await told('ppo', configOf('ppo'))
  expect(stepsOf('ppo', 'critic/loss')).toEqual([3, 4])
  expect(stepsOf('ppo', 'update/gradient-norm')).toEqual([4])
})
