import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { openModel } from '../policy/open-model.ts'
import { rollout } from '../rollout/rollout.ts'
import { readFloats } from '../tensor/transfer.ts'
import { responseMask } from '../trajectory/mask.ts'
import { writeTinyModel } from './fixtures/tiny-model-folder.ts'
import { letters, tool } from './fixtures/tiny-training.ts'
import { ReToolTrainer } from './retool-trainer.ts'
import type { ReToolTrainerOptions, RewardInput } from './retool-trainer-options.ts'

const root = scratchFolder()
expectNoTensorsLeft()
beforeAll(() => {
  writeTinyModel(join(root, 'model'))
})

async function* rows() {
  for (const n of [1, 2, 3]) yield { prompt: `What is ${n} + ${n}?`, answer: String(2 * n) }
}

const seen: RewardInput[] = []

/** Pays for lower-case letters. */
function lowerCase(input: RewardInput): number {
  seen.push(input)
  return (input.completion.match(/[a-z]/g) ?? []).length
}

function optionsOf(name: string, more: Partial<ReToolTrainerOptions> = {}): ReToolTrainerOptions {
  return {
    model: join(root, 'model'),
    args: {
      outputFolder: join(root, name),
      learningRate: 1e-2,
      steps: 2,
      problemsPerStep: 2,
      dtype: 'float32',
      cacheTokens: 8192,
      checkpointEvery: 1,
    },
    trainDataset: rows(),
    rewardFunctions: [lowerCase],
    judge: async (problem, answer) => ({
      correct: answer === problem.answer,
      score: 0,
      by: 'exact',
    }),
    tools: [tool],
    protocol: letters,
    maxTurns: 3,
    maxCompletionLength: 12,
    numGenerations: 4,
    temperature: 1,
    ...more,
  }
}

async function weightsOf(folder: string): Promise<number[]> {
  using model = await openModel(folder)
  return [...model.weights.values()].flatMap((tensor) => [...readFloats(tensor)])
}

test('an example: a model trains on rows with a reward function, and opens again', async () => {
  const steps: number[] = []
  const callbacks = [
    { onStep: (metrics: Readonly<Record<string, number>>) => steps.push(metrics['step'] ?? 0) },
  ]
  const output = await new ReToolTrainer(optionsOf('example', { callbacks })).train()
  expect(output).toMatchObject({ steps: 2, model: join(root, 'example/model') })
  expect(steps).toEqual([1, 2])
  expect(output.history[1]?.['update/gradient-norm']).toBeGreaterThan(0)
  expect(seen).toHaveLength(2 * 2 * 4)
  expect(seen[0]).toMatchObject({ prompt: expect.stringContaining('What is') })
  expect(seen.some(({ completion }) => /\[\d+\]/.test(completion))).toBe(true)
  expect(await weightsOf(output.model)).not.toEqual(await weightsOf(join(root, 'model')))
})

test('each step of the method can be replaced', async () => {
  const called = new Set<string>()
  const options = optionsOf('replaced', {
    klCoefficient: 0.1,
    steps: {
      generate: (problems, given) => {
        called.add('generate')
        return rollout(problems, given)
      },
      mask: (segments) => {
        called.add('mask')
        // Only the first token that the policy wrote.
        const mask = responseMask(segments)
        return mask.fill(0, mask.indexOf(1) + 1)
      },
      reward: async ({ problem, trajectories }) => {
        called.add('reward')
        const members = trajectories.map((trajectory, index) => ({
          trajectory,
          reward: { total: index, parts: {}, correct: null },
        }))
        return { problem, members }
      },
      advantage: (groups) => {
        called.add('advantage')
        const members = groups.flatMap((group) => group.members)
        const credited = members.map((scored) => {
          const mask = responseMask(scored.trajectory.segments)
          return { ...scored, advantages: Float32Array.from(mask), returns: null }
        })
        const groupsWithSpread = groups.length
        const leftOut = { failed: 0, cancelled: 0, truncated: 0, nothingWritten: 0 }
        const counts = { groupsWithSpread, groupsWithoutSpread: 0, groupsEmpty: 0, dropped: 0 }
        const trajectories = members.length
        return { credited, report: { groups: groups.length, ...counts, trajectories, leftOut } }
      },
      loss: (learner) => (credited, given, shuffle) => {
        called.add('loss')
        return learner.improve(credited, given, shuffle)
      },
    },
  })
  const { history } = await new ReToolTrainer(options).train()
  expect([...called].sort()).toEqual(['advantage', 'generate', 'loss', 'mask', 'reward'])
  // One trained token a trajectory: 2 problems, 4 generations.
  expect(history.map((metrics) => metrics['update/tokens'])).toEqual([8, 8])
  expect(history[0]?.['update/kl']).toBe(0)
})

test('adapters learn from rows without end, judged by an evaluation data set', async () => {
  let read = 0
  async function* endless() {
    for (let n = 1; ; n++) {
      read++
      yield { prompt: `What is ${n} + 1?`, answer: String(n + 1) }
    }
  }
  const judged: number[][] = []
  const options = optionsOf('adapters', {
    trainDataset: endless(),
    evaluationDataset: [{ prompt: 'What is 2 + 2?', answer: '4' }],
    lora: { rank: 4 },
    callbacks: [{ onEvaluation: ({ all }, step) => judged.push([step, all.problems]) }],
  })
  const args = { ...options.args, shuffleBuffer: 4, evaluateEvery: 1 }
  const output = await new ReToolTrainer({ ...options, args }).train()
  expect(judged).toEqual([
    [1, 1],
    [2, 1],
  ])
  expect(output.best?.step).toBe(1)
  // Two steps of two problems, and those that the shuffle holds.
  expect(read).toBe(8)
  expect(readdirSync(output.model).sort()).toEqual([
    'adapter_config.json',
    'adapter_model.safetensors',
  ])
})

test('a trainer goes on where a signal ended it', async () => {
  const whole = await new ReToolTrainer(optionsOf('whole')).train()
  const controller = new AbortController()
  const stop = { onStep: () => controller.abort(new Error('stopped')) }
  const stopped = optionsOf('stopped', { callbacks: [stop], signal: controller.signal })
  await expect(new ReToolTrainer(stopped).train()).rejects.toThrow('stopped')
  const rest = await new ReToolTrainer(optionsOf('stopped')).train({ resume: true })
  expect(rest.history.map(({ step }) => step)).toEqual([2])
  expect(await weightsOf(rest.model)).toEqual(await weightsOf(whole.model))
})
