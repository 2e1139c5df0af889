// Our side of the training benchmark: the same measurements as python_side.py, in seconds.

import { advantageEstimator } from '../../src/advantage/advantage-estimator.ts'
import type { RewardPart } from '../../src/reward/reward-part.ts'
import { rewarder } from '../../src/reward/rewarder.ts'
import type { ToolProtocol } from '../../src/tool/tool.ts'
import { type PolicyStage, policyStep } from '../../src/train/policy-step.ts'
import { ProblemFeed } from '../../src/train/problem-feed.ts'
import { openTrainingModel, type TrainingModel } from '../../src/train/training-model.ts'
import { learnerDefaults } from '../../src/update/learner.ts'
import { policyUpdateDefaults } from '../../src/update/policy-update.ts'
import { type BenchSequence, questions, trainingSequenceOf } from './workload.ts'

/** The question and nothing else, as a chat's user would put it. */
const plain: ToolProtocol = {
  name: 'plain',
  messages: (content) => [{ role: 'user', content }],
  stopStrings: [],
  outputTurn: 'next',
  parse: () => ({ kind: 'none' }),
  renderOutput: () => [],
  renderCall: () => '',
  renderAnswer: (answer) => answer,
}

/** Cheap, and different for different texts, so that every group has something to teach. */
const checksum: RewardPart = {
  name: 'checksum',
  per: 'trajectory',
  value: ({ turns }) => {
    const codes = Array.from(turns.join(''), (character) => character.codePointAt(0) ?? 0)
    return (codes.reduce((sum, code) => sum + code, 0) % 997) / 997
  },
}

export async function openModel(folder: string): Promise<TrainingModel> {
  return openTrainingModel(folder, {
    learner: learnerDefaults,
    engine: { cacheTokens: 16_384 },
    dtype: 'bfloat16',
    tools: [],
    protocol: plain,
  })
}

/** One optimizer step of supervised training. */
export function trainSeconds({ learner }: TrainingModel, batch: readonly BenchSequence[]): number {
  const sequences = batch.map(trainingSequenceOf)
  const begun = performance.now()
  learner.imitate(sequences)
  return (performance.now() - begun) / 1000
}

/** A GRPO step as training takes it: every completion is exactly `count` tokens long. */
export function policyStage(model: TrainingModel, group: number, count: number): PolicyStage {
  const { learner, engine, tokenizer, spelling } = model
  const problems = questions.map((question, index) => ({
    id: `question-${index}`,
    question,
    answer: '',
    source: 'bench',
    verifier: { kind: 'equivalence' as const },
  }))
  return {
    learner,
    engine,
    feed: new ProblemFeed(problems, 1),
    rollout: {
      ...spelling,
      sampling: { temperature: 1, topP: 1, topK: 0, minP: 0 },
      stopTokens: [],
      limits: { turns: 1, turnTokens: count },
      seed: 1,
      groupSize: group,
    },
    reward: rewarder([{ part: checksum, weight: 1 }], {
      decode: (tokens) => tokenizer.decode(tokens),
      judge: async () => ({ correct: false, score: 0, by: 'exact' }),
    }),
    advantage: advantageEstimator({ kind: 'grpo' }, { maskTruncated: false }),
    update: policyUpdateDefaults,
    problemsPerStep: questions.length,
    drawLimit: 1,
    seed: 1,
  }
}

export interface StepSeconds {
  readonly rollout: number
  readonly update: number
}

export async function stepSeconds(stage: PolicyStage, step: number): Promise<StepSeconds> {
  const { seconds, credited } = await policyStep(stage, step)
  const made = credited.map(({ trajectory }) => trajectory.segments.at(-1)?.tokens.length)
  const wanted = stage.rollout.limits?.turnTokens
  const expected = stage.problemsPerStep * stage.rollout.groupSize
  if (made.length !== expected || made.some((length) => length !== wanted)) {
    throw new Error(`expected ${expected} trajectories of ${wanted} tokens, got ${made.join(', ')}`)
  }
  return seconds
}
