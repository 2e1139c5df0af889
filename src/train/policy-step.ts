// One step of reinforcement learning: roll out, reward, estimate advantages, update.

import type { AdvantageEstimator, AdvantageReport, Credited } from '../advantage/advantage.ts'
import { hasSpread } from '../advantage/usable-groups.ts'
import { RandomStream } from '../base/random.ts'
import type { Engine } from '../generate/engine.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import type { Rewarder } from '../reward/rewarder.ts'
import type { RolloutOptions } from '../rollout/options.ts'
import { rollout } from '../rollout/rollout.ts'
import type { Learner } from '../update/learner.ts'
import { NonFiniteError } from '../update/optimizer-step.ts'
import type { PolicyUpdateOptions } from '../update/policy-update.ts'
import type { UpdateReport } from '../update/update-report.ts'
import { inRounds } from './in-rounds.ts'
import type { ProblemFeed } from './problem-feed.ts'

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
  const { credited, report } = stage.advantage(groups)
  const update = credited.length === 0 ? null : improve(stage, step, groups, credited)
  if (update) engine.replaceWeights(learner.decoder)
  stage.feed.note(groups)
  const seconds = {
    rollout: (rolledOut - began) / 1000,
    update: (performance.now() - rolledOut) / 1000,
  }
  return { step, groups, credited, advantages: report, update, seconds }
}

function improve(
  { learner, update, seed }: PolicyStage,
  step: number,
  groups: readonly ScoredGroup[],
  credited: readonly Credited[],
): UpdateReport {
  try {
    return learner.improve(credited, update, RandomStream.named(seed, `update/step-${step}`))
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
    const options: RolloutOptions = {
      ...stage.rollout,
      ...writer(stage, problems.length),
      order: 'input',
      groupsAhead: problems.length,
      name: `step-${step}/draw-${draw}`,
    }
    for await (const group of rollout(problems, options)) {
      const scored = await stage.reward(group)
      groups.push(scored)
      if (hasSpread(scored.members.map(({ reward }) => reward.total))) useful++
    }
  }
  return groups
}

/** Who writes: the engine as it comes, or in rounds. */
function writer(
  { engine, repeatable, rollout: { groupSize, concurrency = 256, onProgress } }: PolicyStage,
  problems: number,
): Pick<RolloutOptions, 'policy' | 'onProgress'> {
  if (!repeatable) return { policy: engine }
  const rounds = inRounds(engine, { trajectories: problems * groupSize, concurrency })
  return {
    policy: rounds.policy,
    onProgress(progress) {
      rounds.onProgress(progress)
      onProgress?.(progress)
    },
  }
}
