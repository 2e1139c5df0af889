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
  const next = rollOut({ ...stage, rollout: { ...stage.rollout, signal } }, step + 1)
  // What failed is rolled out anew by the next step, since this one is learnt already.
  const settled = next.catch(() => null)
  try {
    // Lets the first requests go out: learning keeps this process busy.
    await new Promise((resolve) => setImmediate(resolve))
    const done = learnFrom(stage, step, rolled)
    return { done, ahead: await settled }
  } catch (error) {
    stop.abort()
    await settled
    throw error
  }
}
