// What `ReToolTrainer` takes, by the names that users of other trainers know.

import type { AdvantageEstimator } from '../advantage/advantage.ts'
import type { Problem } from '../data/problem.ts'
import type { EvaluationReport } from '../evaluate/evaluation-report.ts'
import type { OpenModel } from '../policy/open-model.ts'
import type { Judge } from '../reward/judge.ts'
import type { Rewarder } from '../reward/rewarder.ts'
import type { rollout } from '../rollout/rollout.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { Tool } from '../tool/tool.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { Learner } from '../update/learner.ts'
import type { LoraOptions } from '../update/lora.ts'
import type { ClipRange } from '../update/policy-loss.ts'
import type { ComputeDtype } from '../update/trainable-model.ts'
import type { PolicyStep } from './policy-step.ts'
import type { ResponseMask } from './remask.ts'
import type { TrainingModelOptions } from './training-model.ts'

/** How it is trained; `trainerDefaults` has the defaults. */
export interface TrainerArguments {
  /** The run folder; must not exist yet, unless a run is gone on with. `runs/retool` by default. */
  readonly outputFolder: string
  /** The highest learning rate; 1e-6 by default. */
  readonly learningRate: number
  /** Rounds of rollout and update; 100 by default. */
  readonly steps: number
  /** Problems of one step; each is attempted `numGenerations` times. 8 by default. */
  readonly problemsPerStep: number
  /** Times through the batch of a step. */
  readonly passes: number
  /** Trajectories behind one optimizer step; null for all of the batch. */
  readonly miniBatchSize: number | null
  /** Optimizer steps over which the rate rises to its peak; then it stays. */
  readonly warmUpSteps: number
  /** Longest gradient; null for no limit. */
  readonly maxGradientNorm: number | null
  /** Of AdamW, on matrices only; 0.01 by default. */
  readonly weightDecay: number
  /** What forwards compute in; the weights that move are float32 always. */
  readonly dtype: ComputeDtype
  /** Decides every draw; the same seed gives the same run. */
  readonly seed: number
  /** Steps between checkpoints. */
  readonly checkpointEvery: number
  /** Steps between evaluations, where there is an evaluation data set; there is one at the end too. */
  readonly evaluateEvery: number
  /** Rows held for shuffling: the first step waits until so many are read, or all. 1 keeps their order. */
  readonly shuffleBuffer: number
  /** 1 rolls out each step before the one before it is learnt, and corrects for it (TIS at 2). */
  readonly staleness: 0 | 1
  /** Most tokens of one forward and backward; decides memory and speed, never the result. */
  readonly microBatchTokens: number
  /** Tokens of the engine's cache. */
  readonly cacheTokens: number
}

export const trainerDefaults: TrainerArguments = {
  outputFolder: 'runs/retool',
  learningRate: 1e-6,
  steps: 100,
  problemsPerStep: 8,
  passes: 1,
  miniBatchSize: null,
  warmUpSteps: 0,
  maxGradientNorm: 1,
  weightDecay: 0.01,
  dtype: 'bfloat16',
  seed: 0,
  checkpointEvery: 10,
  evaluateEvery: 10,
  shuffleBuffer: 1000,
  staleness: 0,
  microBatchTokens: 4096,
  cacheTokens: 65_536,
}

/** The question, and the answer against which attempts are judged. */
export interface DatasetRow {
  readonly prompt: string
  readonly answer: string
}

/** Rows, or problems with a verifier of their own, as `problemsOf` gives them. */
export type DatasetItem = DatasetRow | Problem

/** In memory, or as they come. */
export type Dataset = Iterable<DatasetItem> | AsyncIterable<DatasetItem>

/** What a reward function looks at. */
export interface RewardInput {
  readonly prompt: string
  /** All that follows the prompt: what the policy and the tools wrote. */
  readonly completion: string
  /** What the policy wrote, turn by turn. */
  readonly turns: readonly string[]
  /** The data set's answer. */
  readonly reference: string
  /** The answer that was found, or null. */
  readonly answer: string | null
  readonly isCorrect: boolean
  /** All of it, with every tool call and its output. */
  readonly trajectory: Trajectory
}

/** Rewards are added up; the name of the function is the name of its part. */
export type RewardFunction = (input: RewardInput) => number | Promise<number>

/** Told what happens as the training goes on. */
export interface TrainerCallback {
  /** After each step, with its numbers by name. */
  readonly onStep?: (metrics: Readonly<Record<string, number>>, step: PolicyStep) => void
  /** After each evaluation, with its report. */
  readonly onEvaluation?: (report: EvaluationReport, step: number) => void
}

/** The parts of the method; each may be replaced, the others stay as they are. */
export interface TrainerOverrides {
  /** Generation with the interpreter; `rollout` by default. */
  readonly generate?: typeof rollout
  /** What is trained on; `responseMask`, all that the policy wrote, by default. */
  readonly mask?: ResponseMask
  /** Rewards, and then advantages: a weighted sum of parts, and GRPO's, by default. */
  readonly reward?: Rewarder
  readonly advantage?: AdvantageEstimator
  /** Loss and optimizer step; the learner's `improve` by default. */
  readonly loss?: (learner: Learner) => Learner['improve']
}

/** What is trained on what. Only `model` and `trainDataset` are needed. */
export interface ReToolTrainerOptions {
  /** A folder, a GGUF file, a Hub name, an alias, or an opened model, which stays the caller's. */
  readonly model: string | OpenModel
  /** In place of the model's own. */
  readonly tokenizer?: Tokenizer
  /** How it is trained. */
  readonly args?: Partial<TrainerArguments>
  /**
   * Read as steps need it. One that ends is read again in another order: an array, anything whose
   * iterator begins anew, or up to 10,000 rows of what can be read only once.
   */
  readonly trainDataset: Dataset
  /** Never trained on; one greedy attempt at each row. The best checkpoint by it stays. */
  readonly evaluationDataset?: Dataset
  /** Adapters in place of all weights, in PEFT's form; `{}` for the defaults. */
  readonly lora?: Partial<LoraOptions>
  /** +1 for a right answer and -1 for a wrong one by default. */
  readonly rewardFunctions?: readonly RewardFunction[]
  /** Says whether an answer is right; mathematical equivalence by default. */
  readonly judge?: Judge
  /** The Python interpreter in the sandbox by default. */
  readonly tools?: readonly Tool[]
  /** How calls are spelled; ReTool's by default, `hermesProtocol` for other tools. */
  readonly protocol?: TrainingModelOptions['protocol']
  /** Most completions of a trajectory, and most calls; 10 by default. */
  readonly maxTurns?: number
  /** Above 0, so that the members of a group differ; 0.7 by default. */
  readonly temperature?: number
  /** Keep the smallest set of tokens whose probability reaches this; 1, which keeps all, by default. */
  readonly topP?: number
  /** Keep the k most probable tokens; 0, which keeps all, by default. */
  readonly topK?: number
  /** Keep tokens with this share of the highest probability; 0, which keeps all, by default. */
  readonly minP?: number
  /** Most tokens of one turn, not of all; 1024 by default. */
  readonly maxCompletionLength?: number
  /** Leave out of statistics and loss what a limit ended; false by default. */
  readonly maskTruncatedCompletions?: boolean
  /** Trajectories per problem; 8 by default. */
  readonly numGenerations?: number
  /** Of a KL loss (k3) to the first weights; 0, which is none, by default. */
  readonly klCoefficient?: number
  /** 0.2 on both sides by default; no dual clip. */
  readonly clipRange?: ClipRange
  /** Told after each step, in order. */
  readonly callbacks?: readonly TrainerCallback[]
  /** Own versions of parts of the method. */
  readonly overrides?: TrainerOverrides
  /** Ends the training; what is there can be gone on with. */
  readonly signal?: AbortSignal
}
