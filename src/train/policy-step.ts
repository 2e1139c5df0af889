// One step of reinforcement learning: roll out, reward, estimate advantages, update.

import type {
  AdvantageEstimator,
  AdvantageReport,
  Credited,
  Estimate,
} from '../advantage/advantage.ts'
import { hasSpread } from '../advantage/usable-groups.ts'
import { RandomStream } from '../base/random.ts'
import type { Engine } from '../generate/engine.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import type { Rewarder, Weights } from '../reward/rewarder.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { rollout } from '../rollout/rollout.ts'
import type { CriticReport } from '../update/critic.ts'
import type { Learner } from '../update/learner.ts'
import { NonFiniteError } from '../update/optimizer-step.ts'
import type { PolicyUpdateOptions } from '../update/policy-update.ts'
import type { UpdateReport } from '../update/update-report.ts'
import { type CriticStage, criticStep } from './critic-step.ts'
import { repeatably } from './in-rounds.ts'
import { type KlPenaltyOptions, penalize } from './kl-penalty.ts'
import type { ProblemFeed } from './problem-feed.ts'
import { type ResponseMask, remask } from './remask.ts'

export interface PolicyStage {
  readonly learner: Learner
  readonly engine: Engine
  readonly feed: ProblemFeed
  readonly rollout: Omit<RolloutOptions, 'name' | 'policy'>
  readonly reward: Rewarder
  readonly advantage: AdvantageEstimator
  readonly update: PolicyUpdateOptions
  readonly problemsPerStep: number
  /**
   * DAPO's dynamic sampling: most rounds of drawing problems until `problemsPerStep` groups have
   * spread; 1 takes what comes.
   */
  readonly drawLimit: number
  readonly seed: number
  /** Whether the step repeats bit for bit however fast tools answer; see `inRounds`. */
  readonly repeatable?: boolean
  /** PPO's; its estimator then takes the place of `advantage`. */
  readonly critic?: CriticStage
  readonly klPenalty?: KlPenaltyOptions
  /** Rolls out in place of `rollout`. */
  readonly generate?: typeof rollout
  /** What is trained on, in place of all that the policy wrote; see `remask`. */
  readonly mask?: ResponseMask
  /** Updates the policy in place of the learner's own way. */
  readonly improve?: Learner['improve']
  /** A curriculum's weights, in place of the reward parts' own. */
  readonly rewardWeights?: Weights
}

/** What one step did. */
export interface PolicyStep {
  readonly step: number
  /** All groups that were rolled out, in the order of their problems. */
  readonly groups: readonly ScoredGroup[]
  readonly credited: readonly Credited[]
  readonly advantages: AdvantageReport
  /** Null where no group had anything to teach. */
  readonly update: UpdateReport | null
  readonly critic: CriticReport | null
  /** The critic's values, one row for each credited trajectory; null without one. */
  readonly values: readonly Float32Array[] | null
  /** Mean estimate of the KL penalty per token; null without one. */
  readonly kl: number | null
  readonly seconds: { readonly rollout: number; readonly update: number }
}

/** An update met a number that is none; carries the batch that it met it on. */
export class NonFiniteStep extends Error {
  override readonly name = 'NonFiniteStep'
  constructor(
    readonly step: number,
    readonly groups: readonly ScoredGroup[],
    readonly credited: readonly Credited[],
    cause: NonFiniteError,
  ) {
    super(`step ${step}: ${cause.message}`, { cause })
  }
}

/** Takes step number `step`; afterwards the engine writes with the new weights. */
export async function policyStep(stage: PolicyStage, step: number): Promise<PolicyStep> {
  const { engine, learner } = stage
  const began = performance.now()
  // An empty cache, so that a step is the same whether or not the run was interrupted before it.
  engine.replaceWeights(learner.decoder, engine.version)
  const groups = await gather(stage, step)
  const rolledOut = performance.now()
  const masked = stage.mask ? remask(groups, stage.mask) : groups
  const penalty = stage.klPenalty
    ? penalize(masked, learner, stage.update.temperature, stage.klPenalty)
    : null
  const { credited, report, critic, values } = estimate(stage, step, penalty?.groups ?? masked)
  const learns = credited.length > 0 && step > (stage.critic?.warmUpSteps ?? 0)
  const update = learns ? improve(stage, step, groups, credited) : null
  if (update) engine.replaceWeights(learner.decoder)
  stage.feed.note(groups)
  const seconds = {
    rollout: (rolledOut - began) / 1000,
    update: (performance.now() - rolledOut) / 1000,
  }
  return {
    step,
    groups,
    credited,
    advantages: report,
    update,
    critic,
    values,
    kl: penalty?.kl ?? null,
    seconds,
  }
}

function estimate(
  { advantage, critic, seed }: PolicyStage,
  step: number,
  groups: readonly ScoredGroup[],
): Estimate & Pick<PolicyStep, 'critic' | 'values'> {
  if (!critic) return { ...advantage(groups), critic: null, values: null }
  return criticStep(critic, groups, RandomStream.named(seed, `critic/step-${step}`))
}

function improve(
  stage: PolicyStage,
  step: number,
  groups: readonly ScoredGroup[],
  credited: readonly Credited[],
): UpdateReport {
  const { learner, update, seed } = stage
  try {
    const shuffle = RandomStream.named(seed, `update/step-${step}`)
    return stage.improve
      ? stage.improve(credited, update, shuffle)
      : learner.improve(credited, update, shuffle)
  } catch (error) {
    if (error instanceof NonFiniteError) throw new NonFiniteStep(step, groups, credited, error)
    throw error
  }
}

/** Scored groups of the step: drawn until enough of them have spread, or the limit is reached. */
async function gather(stage: PolicyStage, step: number): Promise<ScoredGroup[]> {
  const groups: ScoredGroup[] = []
  let useful = 0
  for (let draw = 0; draw < stage.drawLimit && useful < stage.problemsPerStep; draw++) {
    const problems = stage.feed.take(stage.problemsPerStep - useful)
    const name = `step-${step}/draw-${draw}`
    const options = { ...stage.rollout, policy: stage.engine, name }
    for await (const group of (stage.generate ?? rollout)(
      problems,
      repeatably(options, problems.length, stage.repeatable ?? false),
    )) {
      const scored = await stage.reward(group, stage.rewardWeights)
      groups.push(scored)
      if (hasSpread(scored.members.map(({ reward }) => reward.total))) useful++
    }
  }
  return groups
}
