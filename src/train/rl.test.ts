import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { readFloats } from '../tensor/transfer.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { ComputeDtype } from '../update/trainable-model.ts'
import { plan, tinyRun, tinyStage } from './fixtures/tiny-training.ts'
import type { PolicyStage, PolicyStep } from './policy-step.ts'

const root = scratchFolder()
expectNoTensorsLeft()

interface Kind {
  readonly dtype: ComputeDtype
  readonly isLora: boolean
  readonly staleness: 0 | 1
}

interface Witness {
  readonly trajectories: Trajectory[]
  readonly weights: ReadonlyMap<string, Float32Array>
}

/** What the steps wrote, with the clock's readings taken out, and the weights after them. */
async function witness(path: string, kind: Kind, killAfter?: number): Promise<Witness> {
  using tiny = tinyStage(kind.dtype, kind)
  const trajectories: Trajectory[] = []
  const onStep = ({ step, groups }: PolicyStep) => {
    const members = groups.flatMap((group) => group.members)
    trajectories.push(...members.map(({ trajectory }) => ({ ...trajectory, durationMs: 0 })))
    if (step === killAfter) throw new Error('killed')
  }
  const ended = tinyRun(path, tiny, { onStep })
  if (killAfter === undefined) await ended
  else await expect(ended).rejects.toThrow('killed')
  const tensors = tiny.stage.learner.state().tensors
  const weights = new Map([...tensors].map(([name, tensor]) => [name, readFloats(tensor)]))
  return { trajectories, weights }
}

const kinds: Readonly<Record<string, Kind>> = {
  'float32, all weights': { dtype: 'float32', isLora: false, staleness: 0 },
  'bfloat16, all weights': { dtype: 'bfloat16', isLora: false, staleness: 0 },
  'bfloat16, adapters': { dtype: 'bfloat16', isLora: true, staleness: 0 },
  'float32, one step off': { dtype: 'float32', isLora: false, staleness: 1 },
}
for (const [name, kind] of Object.entries(kinds)) {
  test(`a run that is killed after any step and gone on with is the same run: ${name}`, async () => {
    const whole = await witness(join(root, `${name}-whole`), kind)
    expect(whole.trajectories.length).toBeGreaterThanOrEqual(plan.steps * 8)
    expect(
      whole.trajectories.some(({ segments }) => segments.some((one) => one.author === 'tool')),
    ).toBe(true)
    for (let killed = 1; killed < plan.steps; killed++) {
      const path = join(root, `${name}-${killed}`)
      const before = await witness(path, kind, killed)
      const after = await witness(path, kind)
      expect([...before.trajectories, ...after.trajectories]).toEqual(whole.trajectories)
      expect(after.weights).toEqual(whole.weights)
      expect(before.weights).not.toEqual(whole.weights)
    }
  })
}

test('steps after the last checkpoint are taken again, to the same end', async () => {
  const sparse = { plan: { ...plan, checkpointEvery: 3 } }
  const path = join(root, 'sparse')
  {
    using tiny = tinyStage('float32')
    const onStep = () => {
      throw new Error('killed')
    }
    await expect(tinyRun(path, tiny, { ...sparse, onStep })).rejects.toThrow('killed')
    expect(readdirSync(join(path, 'checkpoints'))).toEqual([])
  }
  using tiny = tinyStage('float32')
  const again = await tinyRun(path, tiny, sparse)
  expect(again).toMatchObject({ steps: plan.steps })
})

test('the newest and the best checkpoint stay, and patience ends a run', async () => {
  using tiny = tinyStage('float32')
  const path = join(root, 'patient')
  const worse = async (step: number) => -step
  const result = await tinyRun(path, tiny, {
    evaluate: worse,
    plan: { ...plan, steps: 20, evaluateEvery: 1, patience: 3, keep: { newest: 1, best: true } },
  })
  expect(result).toEqual({ steps: 4, ended: 'noImprovement', best: { step: 1, value: -1 } })
  expect(readdirSync(join(path, 'checkpoints'))).toEqual(['step-000001', 'step-000004'])
})

test('a loss that is no number stops the run, with the batch saved and the weights untouched', async () => {
  using tiny = tinyStage('float32')
  const path = join(root, 'broken')
  const weightsOf = () => [...tiny.stage.learner.state().tensors.values()].map(readFloats)
  const before = weightsOf()
  const advantage: PolicyStage['advantage'] = (groups) => {
    const { credited, report } = tiny.stage.advantage(groups)
    const broken = credited.map((one) => ({ ...one, advantages: one.advantages.fill(Number.NaN) }))
    return { credited: broken, report }
  }
  const stage = { ...tiny.stage, advantage }
  await expect(tinyRun(path, { ...tiny, stage })).rejects.toThrow(/step 1: loss is NaN/)
  expect(weightsOf()).toEqual(before)
  const lines = readFileSync(join(path, 'non-finite-step-1.jsonl'), 'utf8').trim().split('\n')
  const [first] = lines.map((line) => JSON.parse(line))
  expect(first.trajectory.id).toBe('step-1/draw-0/0/0')
  expect(first.advantages[0]).toBe('NaN')
  expect(readdirSync(join(path, 'checkpoints'))).toEqual([])
})
