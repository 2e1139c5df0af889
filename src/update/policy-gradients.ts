// The gradient of the policy objective over one mini-batch, micro-batch by micro-batch.
//
// Letters: M trained tokens of a micro-batch, B its trajectories, T most trained tokens of one.

import { gradients, setRequiresGrad, withGradient } from '../tensor/autograd.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { detach, integers, readFloats, toDevice } from '../tensor/transfer.ts'
import type { MiniBatchTotals } from './aggregate.ts'
import { backpropagate, type Trainee } from './backpropagate.ts'
import { microBatches, packSequences } from './batch.ts'
import {
  type ChosenLogprobs,
  chosenLogprobs,
  type HeadGradients,
  headBackward,
} from './chosen-logprobs.ts'
import { trainedTokens } from './imitation.ts'
import { type ObjectiveSums, type PolicyObjective, policyObjective } from './policy-objective.ts'
import type { PreparedTrajectory } from './prepared-trajectory.ts'
import { layOut } from './score-tokens.ts'
import { type TokenTable, tokenTable } from './token-table.ts'
import type { TrunkOptions } from './trunk.ts'

export interface PolicyGradientOptions extends TrunkOptions {
  readonly objective: PolicyObjective
  readonly temperature: number
  readonly microBatchTokens: number
  readonly measureEntropy: boolean
}

export interface MiniBatchMeasure extends ObjectiveSums {
  readonly tokens: number
  /** Sum over tokens; null if not measured. */
  readonly entropy: number | null
  /** Log-probs under the weights of this mini-batch, in rows over all tokens of each trajectory. */
  readonly logprobs: readonly Float32Array[]
  /** Rows likewise; null if not measured. */
  readonly entropies: readonly Float32Array[] | null
}

/** Adds the mini-batch's gradient to the parameters' sums. */
export function policyGradients(
  trainee: Trainee,
  trajectories: readonly PreparedTrajectory[],
  options: PolicyGradientOptions,
): MiniBatchMeasure {
  const totals = totalsOf(trajectories)
  const emptyRows = () => trajectories.map(({ tokens }) => new Float32Array(tokens.length))
  const logprobs = emptyRows()
  const entropies = options.measureEntropy ? emptyRows() : null
  const sums = { loss: 0, clipped: 0, ratio: 0, kl: 0, entropy: 0 }
  for (const members of microBatches(trajectories, options.microBatchTokens)) {
    const part = members.flatMap((index) => trajectories[index] ?? [])
    const rowsOf = (all: readonly Float32Array[]) => members.flatMap((index) => all[index] ?? [])
    const rows = { logprobs: rowsOf(logprobs), entropies: entropies && rowsOf(entropies) }
    const measured = microBatchGradients(trainee, part, options, { totals, rows })
    sums.loss += measured.loss
    sums.clipped += measured.clipped
    sums.ratio += measured.ratio
    sums.kl += measured.kl
    sums.entropy += measured.entropy
  }
  const entropy = options.measureEntropy ? sums.entropy : null
  return { ...sums, entropy, tokens: totals.tokens, logprobs, entropies }
}

function totalsOf(trajectories: readonly PreparedTrajectory[]): MiniBatchTotals {
  const counts = trajectories.map((trajectory) => trainedTokens([trajectory]))
  return {
    tokens: counts.reduce((sum, count) => sum + count, 0),
    sequences: counts.filter((count) => count > 0).length,
  }
}

interface MicroBatchSums extends ObjectiveSums {
  readonly entropy: number
}

/** What is filled in: one of each trajectory. */
interface MicroBatchRows {
  readonly logprobs: readonly Float32Array[]
  readonly entropies: readonly Float32Array[] | null
}

function microBatchGradients(
  trainee: Trainee,
  part: readonly PreparedTrajectory[],
  options: PolicyGradientOptions,
  { totals, rows }: { readonly totals: MiniBatchTotals; readonly rows: MicroBatchRows },
): MicroBatchSums {
  const packed = packSequences(part)
  let sums: MicroBatchSums = { loss: 0, clipped: 0, ratio: 0, kl: 0, entropy: 0 }
  if (packed.targets.length === 0) return sums
  const head = trainee.decoder.weights.head.weight
  backpropagate(trainee, packed, options, (hidden_MH) => {
    const targets = toDevice(integers(packed.targets), head.device)
    const input = { hidden: hidden_MH, head, targets, temperature: options.temperature }
    const bonus = options.objective.entropyBonus !== 0
    const scores = chosenLogprobs(input, {
      withEntropy: bonus || options.measureEntropy,
      keep: true,
    })
    layOut(readFloats(scores.logprobs), packed, rows.logprobs)
    const table = tokenTable(packed.columns, head.device)
    const { gradients: given, sums: measured } = slopes(scores, part, table, { options, totals })
    const entropies = scores.entropy ? readFloats(scores.entropy) : new Float32Array(0)
    if (rows.entropies) layOut(entropies, packed, rows.entropies)
    sums = { ...measured, entropy: entropies.reduce((sum, value) => sum + value, 0) }
    const addHeadGradient = (gradient_VH: Tensor) =>
      trainee.parameters.addGradient(head, gradient_VH)
    return headBackward(input, given, addHeadGradient, scores.kept)
  })
  return sums
}

interface SlopeContext {
  readonly options: PolicyGradientOptions
  readonly totals: MiniBatchTotals
}

/** d loss / d log-prob and d loss / d entropy of each token. */
function slopes(
  scores: ChosenLogprobs,
  part: readonly PreparedTrajectory[],
  table: TokenTable,
  { options, totals }: SlopeContext,
): { readonly gradients: HeadGradients; readonly sums: ObjectiveSums } {
  const { objective } = options
  const rowsOf = (field: 'old' | 'reference' | 'weights') => {
    const rows = part.flatMap((trajectory) => (trajectory[field] ? [trajectory[field]] : []))
    return rows.length === part.length ? table.pick(rows) : null
  }
  return scope(() =>
    withGradient(() => {
      const logprobs_M = leaf(scores.logprobs)
      const entropy_M = objective.entropyBonus !== 0 && scores.entropy ? leaf(scores.entropy) : null
      const logprobs = table.spread(logprobs_M)
      const { loss, sums } = policyObjective(
        {
          logprobs,
          oldLogprobs: rowsOf('old') ?? detach(logprobs),
          advantages: table.pick(part.map(({ advantages }) => advantages)),
          mask: table.mask,
          weights: rowsOf('weights'),
          referenceLogprobs: rowsOf('reference'),
          entropy: entropy_M && table.spread(entropy_M),
        },
        objective,
        totals,
      )
      const inputs = entropy_M ? [logprobs_M, entropy_M] : [logprobs_M]
      const [logprobSlope, entropySlope] = gradients([loss], inputs)
      if (!logprobSlope) throw new Error('defect: the loss does not depend on the log-probs')
      return { gradients: { logprobs: logprobSlope, entropy: entropySlope ?? null }, sums }
    }),
  )
}

function leaf(tensor: Tensor): Tensor {
  const result = detach(tensor)
  setRequiresGrad(result, true)
  return result
}
