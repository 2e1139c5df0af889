import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import { scratchFolder } from '../../test/scratch-folder.ts'
import type { Credited } from '../advantage/advantage.ts'
import type { Engine } from '../generate/engine.ts'
import type { Decoder } from '../model/decoder.ts'
import { makeEngine } from '../policy/make-engine.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { readFloats } from '../tensor/transfer.ts'
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts'
import { responseMask } from '../trajectory/mask.ts'
import type { PolicySession } from '../trajectory/policy.ts'
import { trainingSequence } from '../update/batch.ts'
import { correctionWeights } from '../update/correction.ts'
import type { Learner } from '../update/learner.ts'
import { rolloutLogprobs } from '../update/sampling-gap.ts'
import { frozenCopy } from '../update/trainable-model.ts'
import { byteConfig, tinyRun, tinyStage } from './fixtures/tiny-training.ts'
import type { PolicyStage, PolicyStep } from './policy-step.ts'
import type { Sampler } from './sampler.ts'

const root = scratchFolder()
expectNoTensorsLeft()

const correction = { kind: 'truncated', level: 'token', cap: 2 } as const

/** Mean weight of the tokens that the policy wrote, from the log-probs they were written with. */
function meanWeight(stage: PolicyStage, credited: readonly Credited[]): number {
  const trajectories = credited.map(({ trajectory }) => trajectory)
  const now = stage.learner.score(trajectories.map(trainingSequence), 1).logprobs
  const written = trajectories.map((one) => rolloutLogprobs(one) ?? [])
  const mask = trajectories.map(({ segments }) => responseMask(segments))
  const weights = correctionWeights(now, written, mask, correction).flat()
  const tokens = mask.flatMap((row) => [...row]).filter(Boolean).length
  return weights.reduce((sum, weight) => sum + weight, 0) / tokens
}

/** Stands for a server: it computes with a copy of the weights that it was sent last. */
class CopyingSampler implements Sampler, Disposable {
  readonly hasOwnWeights = true
  readonly #copies: ReturnType<typeof frozenCopy>[] = []
  readonly #engine: Engine
  inFlight = 0

  constructor(private readonly learner: Learner) {
    const options = { cacheTokens: 8192, maxBatch: 16 }
    this.#engine = makeEngine(this.#copy(), byteTokenizer(), options)
  }

  get version(): number {
    return this.#engine.version
  }

  get contextLength(): number {
    return this.#engine.contextLength
  }

  replaceWeights(): void {
    this.#engine.replaceWeights(this.#copy())
  }

  open(): PolicySession {
    const session = this.#engine.open()
    this.inFlight++
    const close = () => {
      this.inFlight--
      session.close()
    }
    return { complete: session.complete, close }
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]()
    for (const { dispose } of this.#copies) dispose()
  }

  #copy(): Decoder {
    const ending = '.master'
    const masters = [...this.learner.state().tensors]
      .filter(([name]) => name.endsWith(ending))
      .map(([name, tensor]): [string, Tensor] => [name.slice(0, -ending.length), tensor])
    const copy = frozenCopy(byteConfig, new Map(masters), 'float32')
    this.#copies.push(copy)
    return copy.decoder
  }
}

/** What each step was learnt from, what was written meanwhile, and the weights in the end. */
async function train(name: string, isSeparate: boolean) {
  using tiny = tinyStage('float32', { staleness: 1 })
  const { stage } = tiny
  using separate = isSeparate ? new CopyingSampler(stage.learner) : null
  const expected: number[] = []
  const inFlight: number[] = []
  const steps: PolicyStep[] = []
  const improve: PolicyStage['improve'] = (credited, options, shuffle) => {
    expected.push(meanWeight(stage, credited))
    inFlight.push(separate?.inFlight ?? 0)
    return stage.learner.improve(credited, options, shuffle)
  }
  const { template } = stage.rollout
  const encode: typeof template.encode = async (...given) => {
    // The tokenizer works on a thread, which may take its time.
    await setTimeout(isSeparate ? 5 : 0)
    return await template.encode(...given)
  }
  const rollout = { ...stage.rollout, template: { ...template, encode } }
  const present = { ...stage, ...(separate && { engine: separate }), improve, rollout }
  const onStep = (step: PolicyStep) => steps.push(step)
  await tinyRun(join(root, name), { ...tiny, stage: present }, { onStep })
  const weights = [...stage.learner.state().tensors.values()].map((tensor) => readFloats(tensor))
  return { steps, expected, inFlight, weights }
}

test('each step learns from the version before the last, corrected by what it was written with', async () => {
  const { steps, expected } = await train('shared', false)
  const versions = steps.map(({ groups }) =>
    groups.flatMap(({ members }) => members.map(({ trajectory }) => trajectory.policyVersion)),
  )
  expect(versions.map((all) => [...new Set(all)])).toEqual([[0], [0], [1], [2]])
  expect(steps.map(({ staleness }) => staleness)).toEqual([0, 1, 1, 1])
  const corrections = steps.map(({ update }) => update?.meanCorrection ?? Number.NaN)
  expect(corrections).toEqual(expected.map((value) => expect.closeTo(value, 5)))
  expect(corrections[0]).toBeCloseTo(1, 5)
  expect(Math.abs((corrections[1] ?? 1) - 1)).toBeGreaterThan(1e-3)
})

test('a sampler with weights of its own writes while the learner learns, to the same end', async () => {
  const shared = await train('shared-too', false)
  expect(shared.inFlight).toEqual([0, 0, 0, 0])
  const separate = await train('separate', true)
  const [first = 0, second = 0, third = 0, last = 0] = separate.inFlight
  // All eight trajectories of the next step.
  expect([first, second, third]).toEqual([8, 8, 8])
  expect(last).toBe(0)
  expect(separate.weights).toEqual(shared.weights)
})
