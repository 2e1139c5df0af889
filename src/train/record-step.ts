// What a run folder keeps of a step: numbers by name, and every trajectory with its tokens.

import { behaviourMetrics } from '../evaluate/behaviour-metrics.ts'
import { responseLength } from '../reward/attempt.ts'
import type { Scored } from '../reward/reward.ts'
import { stopShares } from '../rollout/stop-shares.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { PolicyStep } from './policy-step.ts'
import { type RecordedTokens, trajectoryRecords } from './trajectory-records.ts'

/** The numbers of a step, by the names that the viewer groups them by. */
export function stepMetrics(done: PolicyStep): Record<string, number> {
  const members = done.groups.flatMap((group) => group.members)
  const judged = members.filter(({ reward }) => reward.correct !== null)
  const calls = members.map(callsOf)
  const { update, advantages, critic, kl } = done
  return {
    'reward/mean': mean(judged.map(({ reward }) => reward.total)),
    'reward/accuracy': mean(judged.map(({ reward }) => Number(reward.correct))),
    ...partMetrics(judged),
    'rollout/tokens': mean(members.map(({ trajectory }) => responseLength(trajectory))),
    'rollout/calls': mean(calls),
    'rollout/code-ratio': mean(calls.map((count) => Number(count > 0))),
    'rollout/answered': mean(
      members.map(({ trajectory }) => Number(trajectory.stop.kind === 'answered')),
    ),
    ...stopMetrics(members),
    'rollout/staleness': done.staleness,
    'groups/with-spread': advantages.groupsWithSpread,
    'groups/all': advantages.groups,
    'time/rollout': done.seconds.rollout,
    'time/update': done.seconds.update,
    ...(kl !== null && { 'reward/kl': kl }),
    ...(critic && {
      'critic/loss': critic.loss,
      'critic/gradient-norm': critic.gradientNorm,
      'critic/learning-rate': critic.learningRate,
      'critic/clipped': critic.clippedFraction,
    }),
    ...(update && {
      'update/loss': update.loss,
      'update/gradient-norm': update.gradientNorm,
      'update/learning-rate': update.learningRate,
      'update/tokens': update.tokens,
      ...(update.kl !== null && { 'update/kl': update.kl }),
      ...(update.meanCorrection !== null && { 'update/correction': update.meanCorrection }),
      ...(update.entropy !== null && { 'update/entropy': update.entropy }),
      ...(update.clippedFraction !== null && { 'update/clipped': update.clippedFraction }),
      ...(update.samplingGap && {
        'update/sampling-gap': update.samplingGap.mean,
        'update/sampling-gap-largest': update.samplingGap.largest,
      }),
    }),
  }
}

/** The mean of each reward part, before its weight. */
function partMetrics(judged: readonly Scored[]): Record<string, number> {
  const names = [...new Set(judged.flatMap(({ reward }) => Object.keys(reward.parts)))]
  const meanOf = (name: string) => mean(judged.map(({ reward }) => reward.parts[name] ?? 0))
  return Object.fromEntries(names.map((name) => [`reward-part/${name}`, meanOf(name)]))
}

/** The share of trajectories that each kind of stop ended. */
function stopMetrics(members: readonly Scored[]): Record<string, number> {
  const shares = stopShares(members.map(({ trajectory }) => trajectory))
  return Object.fromEntries(
    Object.entries(shares).map(([name, share]) => [`stop/${name.replaceAll(' ', '-')}`, share]),
  )
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Calls that were carried out. */
function callsOf({ trajectory }: Scored): number {
  return trajectory.segments.filter(
    (segment) => segment.author === 'tool' && segment.output.status !== 'malformed',
  ).length
}

/** Writes a finished step into the run folder, under the number that the run counts it by. */
export function recordStep(
  run: RunFolder,
  done: PolicyStep,
  tokenizer: Tokenizer,
  step = done.step,
): void {
  const behaviour = behaviourMetrics(done.groups, (tokens) => tokenizer.decode(tokens))
  const metrics = { ...stepMetrics(done), ...behaviour }
  run.recordMetrics(step, metrics, { tokens: tokensWritten(done) })
  run.recordTrajectories(
    step,
    trajectoryRecords(done.groups, computedTokens(done), 'train', tokenizer),
  )
}

/** Tokens that the policy wrote in the step: what curves over tokens are numbered by. */
function tokensWritten({ groups }: PolicyStep): number {
  return groups
    .flatMap(({ members }) => members.flatMap(({ trajectory }) => trajectory.segments))
    .reduce((sum, { author, tokens }) => sum + (author === 'policy' ? tokens.length : 0), 0)
}

/** What the step computed for each token of the trajectories that were learnt from. */
function computedTokens({ credited, update, values }: PolicyStep): RecordedTokens[] {
  return credited.map(({ trajectory, advantages }, index) => {
    const { entropies, referenceLogprobs, ...logprobs } = update?.perTrajectory[index] ?? {}
    const own = values?.[index]
    const tokenValues = {
      advantages,
      ...logprobs,
      ...(entropies && { entropies }),
      ...(referenceLogprobs && { referenceLogprobs }),
      ...(own && { values: own }),
    }
    return { id: trajectory.id, tokenValues }
  })
}
