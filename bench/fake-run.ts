// Makes run folders that look like real ones, of any size: for measuring and for looking at the viewer.
//
//   npx tsx bench/fake-run.ts runs/big --points 1000000 --trajectories 100000

import { parseArgs } from 'node:util'
import { RandomStream } from '../src/base/random.ts'
import { RunFolder } from '../src/run/folder.ts'
import { fakeTrajectory } from './fake-trajectory.ts'

export interface FakeRun {
  readonly path: string
  readonly points: number
  readonly trajectories: number
  readonly seed: number
  /** Left without an end, as after a kill, when 'running'. */
  readonly ending: 'finished' | 'failed' | 'running'
}

const metricNames = [
  'reward/mean',
  'reward/outcome',
  'reward/format',
  'evaluation/accuracy',
  'behaviour/responseLength',
  'behaviour/codeRatio',
  'rollout/tokensPerSecond',
  'rollout/seconds',
  'update/policyLoss',
  'update/entropy',
  'update/clippedFraction',
  'update/gradientNorm',
  'update/samplingGap',
  'update/learningRate',
  'system/cpu',
  'system/memory',
  'system/processCpu',
  'system/processMemoryBytes',
]

const groupSize = 8

/** The folder, closed unless it is to stay running. */
export function fakeRun(options: FakeRun): RunFolder {
  const steps = Math.max(1, Math.ceil(options.points / metricNames.length))
  const run = RunFolder.create(options.path, {
    command: 'train',
    totalSteps: options.ending === 'finished' ? steps : Math.ceil(steps * 1.5),
    config: fakeConfig(options.seed),
    environment: { torch: '2.13.0', device: 'cpu', sandboxTier: 'namespaces' },
  })
  const random = RandomStream.named(options.seed, 'fake')
  const recordEvery = Math.max(
    1,
    Math.floor((steps * groupSize) / Math.max(1, options.trajectories)),
  )
  let written = 0
  for (let step = 1; step <= steps; step++) {
    const progress = step / steps
    run.recordMetrics(step, fakeMetrics(progress, random), { tokens: 4096 })
    if (step % 97 === 0 && random.uniform() < 0.2) {
      run.recordWarning(step, { name: 'truncation', message: '12 % of responses ended by a limit' })
    }
    if (step % recordEvery !== 0 && step !== steps) continue
    const groups = Math.max(1, Math.round((options.trajectories * progress - written) / groupSize))
    run.recordTrajectories(
      step,
      Array.from({ length: groups * groupSize }, (_, index) =>
        fakeTrajectory({ step, index, group: Math.floor(index / groupSize), progress, random }),
      ),
    )
    written += groups * groupSize
  }
  run.flush()
  if (options.ending === 'finished') run.finish()
  if (options.ending === 'failed') run.fail(new Error('loss became NaN; the batch was saved'))
  return run
}

function fakeConfig(seed: number) {
  return {
    recipe: 'tiny',
    seed,
    model: { name: 'smollm2-135m-instruct', adapter: { rank: 16 } },
    rollout: { problemsPerStep: 8, groupSize, temperature: 1, tokenBudget: 1024, turnLimit: 4 },
    advantage: { estimator: 'groupRelative', scale: seed % 2 === 0 },
    learner: { learningRate: 1e-5 * (1 + (seed % 3)), clipRange: { low: 0.2, high: 0.28 } },
  }
}

function fakeMetrics(progress: number, random: RandomStream): Record<string, number> {
  const noise = (size: number) => random.normal() * size
  const reward = 1 / (1 + Math.exp(-6 * (progress - 0.4))) - 0.45 + noise(0.06)
  const values = [
    reward,
    reward + noise(0.05),
    0.4 + 0.55 * progress + noise(0.03),
    Math.max(0, reward * 0.6 + 0.25),
    420 - 190 * Math.sin(Math.min(1, progress * 2) * 1.5) + 60 * progress + noise(14),
    Math.min(0.98, 0.3 + progress * 0.9 + noise(0.02)),
    2400 + noise(120),
    6 + noise(0.6),
    noise(0.02),
    1.4 * Math.exp(-2 * progress) + 0.3 + noise(0.02),
    Math.abs(0.06 + noise(0.02)),
    Math.exp(noise(0.4)),
    Math.abs(noise(0.0004)),
    1e-5 * Math.min(1, progress * 20),
    0.82 + noise(0.05),
    0.41 + 0.1 * progress,
    1.7 + noise(0.1),
    2.1e9 + 3e8 * progress,
  ]
  return Object.fromEntries(metricNames.map((name, index) => [name, values[index] ?? 0]))
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      points: { type: 'string', default: '20000' },
      trajectories: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
    },
  })
  const started = Date.now()
  fakeRun({
    path: positionals[0] ?? 'runs/fake',
    points: Number(values.points),
    trajectories: Number(values.trajectories),
    seed: Number(values.seed),
    ending: 'finished',
  })
  process.stdout.write(`made in ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
}
