// Asynchronous training, one step off: while a step is learnt, the next one is rolled out by the
// weights from before it. Trajectories are then one update old, never more; the sampler correction
// makes up for it with the log-probs that they were written with.
//
//   rolled out         learnt
//   1 by version 0
//   2 by version 0     1, which makes version 1
//   3 by version 1     2, which makes version 2
//   4 by version 2     3, which makes version 3
//
// A sampler with weights of its own writes while the learner learns. The engine beside the learner
// shares its weights and its processors: it writes the next step first, to the same trajectories.

import {
  learnFrom,
  type PolicyStage,
  type PolicyStep,
  publish,
  type RolledOut,
  rollOut,
} from './policy-step.ts'
import type { Sampler } from './sampler.ts'

export interface StepAhead {
  readonly done: PolicyStep
  /** What the next step will learn from; null where it has yet to be rolled out. */
  readonly ahead: RolledOut | null
}

/** Learns step number `step` from what is ahead, with the next step rolled out meanwhile. */
export async function stepAhead(
  stage: PolicyStage,
  step: number,
  { ahead, isLast }: { readonly ahead: RolledOut | null; readonly isLast: boolean },
): Promise<StepAhead> {
  const rolled = ahead ?? (await rollOut(stage, step))
  if (isLast) {
    const done = learnFrom(stage, step, rolled)
    await publish(stage, done)
    return { done, ahead: null }
  }
  const result = stage.engine.hasOwnWeights
    ? await meanwhile(stage, step, rolled)
    : await before(stage, step, rolled)
  await publish(stage, result.done)
  return result
}

async function before(stage: PolicyStage, step: number, rolled: RolledOut): Promise<StepAhead> {
  const ahead = await rollOut(stage, step + 1)
  return { ahead, done: learnFrom(stage, step, rolled) }
}

async function meanwhile(stage: PolicyStage, step: number, rolled: RolledOut): Promise<StepAhead> {
  const stop = new AbortController()
  const given = stage.rollout.signal
  const signal = given ? AbortSignal.any([given, stop.signal]) : stop.signal
  const { groupSize, concurrency = 256 } = stage.rollout
  const first = Math.min(concurrency, stage.problemsPerStep * groupSize)
  const { sampler: engine, begun } = watched(stage.engine, first)
  const next = rollOut({ ...stage, engine, rollout: { ...stage.rollout, signal } }, step + 1)
  // What failed is rolled out anew by the next step, since this one is learnt already.
  const settled = next.catch(() => null)
  try {
    // Lets the first requests go out: learning keeps this process busy.
    await Promise.race([begun, settled])
    await new Promise((resolve) => setImmediate(resolve))
    const done = learnFrom(stage, step, rolled)
    return { done, ahead: await settled }
  } catch (error) {
    stop.abort()
    await settled
    throw error
  }
}

/** The sampler, and a promise of so many requests to it. */
function watched(
  sampler: Sampler,
  requests: number,
): { readonly sampler: Sampler; readonly begun: Promise<void> } {
  let left = requests
  let tell = () => {}
  const begun = new Promise<void>((resolve) => {
    tell = resolve
  })
  const open: Sampler['open'] = (group) => {
    const session = sampler.open(group)
    return {
      complete(newTokens, sampling, signal) {
        left -= 1
        if (left === 0) tell()
        return session.complete(newTokens, sampling, signal)
      },
      close: () => session.close(),
    }
  }
  return {
    begun,
    sampler: {
      hasOwnWeights: true,
      get version() {
        return sampler.version
      },
      contextLength: sampler.contextLength,
      open,
      replaceWeights: (decoder, version) => sampler.replaceWeights(decoder, version),
    },
  }
}
