// One step of reinforcement learning: roll out, reward, estimate advantages, update.

import type {
  AdvantageEstimator,
  AdvantageReport,
  Credited,
  Estimate,
} from '../advantage/advantage.ts'
import { RandomStream } from '../base/random.ts'
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
import type { Feed } from './problem-feed.ts'
import { type ResponseMask, remask } from './remask.ts'
import type { Sampler } from './sampler.ts'

export interface PolicyStage {
  readonly learner: Learner
  readonly engine: Sampler
  /** 1 rolls out each step before the one before it is learnt; see `stepAhead`. 0 by default. */
  readonly staleness?: 0 | 1
  readonly feed: Feed
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
  /** Updates that the weights were ahead of those that wrote the oldest trajectory. */
  readonly staleness: number
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

/** The scored groups of a step that is yet to be learnt from; plain JSON. */
export interface RolledOut {
  readonly groups: readonly ScoredGroup[]
  readonly seconds: number
}

/** Takes step number `step`; afterwards the engine writes with the new weights. */
export async function policyStep(stage: PolicyStage, step: number): Promise<PolicyStep> {
  const done = learnFrom(stage, step, await rollOut(stage, step))
  await publish(stage, done)
  return done
}

/** Rolls out and rewards the trajectories of a step, by the weights that the engine has now. */
export async function rollOut(stage: PolicyStage, step: number): Promise<RolledOut> {
  const { engine, learner } = stage
  const began = performance.now()
  // An empty cache, so that a step is the same whether or not the run was interrupted before it.
  if (!engine.hasOwnWeights) await engine.replaceWeights(learner.decoder, engine.version)
  const groups = await gather(stage, step)
  return { groups, seconds: (performance.now() - began) / 1000 }
}

/** Estimates advantages and updates the learner; the engine is not told yet. */
export function learnFrom(stage: PolicyStage, step: number, rolled: RolledOut): PolicyStep {
  const { groups } = rolled
  const began = performance.now()
  const masked = stage.mask ? remask(groups, stage.mask) : groups
  const penalty = stage.klPenalty
    ? penalize(masked, stage.learner, stage.update.temperature, stage.klPenalty)
    : null
  const batch = { step, groups }
  const { credited, report, critic, values } = namingStep({ ...batch, credited: [] }, () =>
    estimate(stage, step, penalty?.groups ?? masked),
  )
  const learns = credited.length > 0 && step > (stage.critic?.warmUpSteps ?? 0)
  const update = learns
    ? namingStep({ ...batch, credited }, () => improve(stage, step, credited))
    : null
  return {
    ...batch,
    credited,
    advantages: report,
    update,
    critic,
    values,
    kl: penalty?.kl ?? null,
    staleness: staleness(groups, stage.engine.version),
    seconds: { rollout: rolled.seconds, update: (performance.now() - began) / 1000 },
  }
}

/** A number that is none is thrown with the batch that it was met on. */
function namingStep<T>(batch: Pick<PolicyStep, 'step' | 'groups' | 'credited'>, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error
    throw new NonFiniteStep(batch.step, batch.groups, batch.credited, error)
  }
}

/** Hands the engine what the step made of the weights, and the feed what came of its problems. */
export async function publish(
  { engine, learner, feed }: PolicyStage,
  { update, groups }: PolicyStep,
): Promise<void> {
  if (update) await engine.replaceWeights(learner.decoder)
  feed.note(groups)
}

/** Updates between the version that wrote the oldest trajectory and the one that learns from it. */
function staleness(groups: readonly ScoredGroup[], version: number): number {
  const ages = groups.flatMap(({ members }) =>
    members.map(({ trajectory }) => version - trajectory.policyVersion),
  )
  return Math.max(0, ...ages)
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
  { learner, update, seed, improve: own }: PolicyStage,
  step: number,
  credited: readonly Credited[],
): UpdateReport {
  const shuffle = RandomStream.named(seed, `update/step-${step}`)
  return own ? own(credited, update, shuffle) : learner.improve(credited, update, shuffle)
}

/** Scored groups of the step: drawn until enough of them have spread, or the limit is reached. */
async function gather(stage: PolicyStage, step: number): Promise<ScoredGroup[]> {
  const groups: ScoredGroup[] = []
  let useful = 0
  for (let draw = 0; draw < stage.drawLimit && useful < stage.problemsPerStep; draw++) {
    const problems = await stage.feed.take(stage.problemsPerStep - useful)
    const name = `step-${step}/draw-${draw}`
    const options = { ...stage.rollout, policy: stage.engine, name }
    for await (const group of (stage.generate ?? rollout)(
      problems,
      repeatably(options, problems.length, stage.repeatable ?? false),
    )) {
      const scored = await stage.reward(group, stage.rewardWeights)
      groups.push(scored)
      // By the estimator's own count: what failed or is masked gives a group no spread.
      useful += stage.advantage([scored]).report.groupsWithSpread
    }
  }
  return groups
}
