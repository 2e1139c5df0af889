// What a run folder keeps of a step: numbers by name, and every trajectory with its tokens.

import type { Credited } from '../advantage/advantage.ts'
import { behaviourMetrics } from '../evaluate/behaviour-metrics.ts'
import { responseLength } from '../reward/attempt.ts'
import type { Scored, ScoredGroup } from '../reward/reward.ts'
import { stopShares } from '../rollout/stop-shares.ts'
import type { RunFolder } from '../run/folder.ts'
import type { Phase, TrajectoryRecord } from '../run/trajectory-record.ts'
import { IncrementalDecoder } from '../tokenizer/incremental-decoder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { PolicyStep } from './policy-step.ts'

/** The numbers of a step, by the names that the viewer groups them by. */
export function stepMetrics(done: PolicyStep): Record<string, number> {
  const members = done.groups.flatMap((group) => group.members)
  const judged = members.filter(({ reward }) => reward.correct !== null)
  const calls = members.map(callsOf)
  const { update, advantages, critic, kl } = done
  return {
    'reward/mean': mean(judged.map(({ reward }) => reward.total)),
    'reward/accuracy': mean(judged.map(({ reward }) => Number(reward.correct))),
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

/** Records of all members, with the advantages of those that were learnt from. */
export function trajectoryRecords(
  groups: readonly ScoredGroup[],
  credited: readonly Credited[],
  phase: Phase,
  tokenizer: Tokenizer,
): TrajectoryRecord[] {
  const advantages = new Map(credited.map((one) => [one.trajectory.id, one.advantages]))
  return groups.flatMap(({ problem, members }) =>
    members.map(({ trajectory, reward }): TrajectoryRecord => {
      const own = advantages.get(trajectory.id)
      const { id, question, answer, source } = problem
      return {
        trajectory,
        phase,
        problem: { id, question, answer, source },
        pieces: trajectory.segments.map(({ tokens }) => piecesOf(tokens, tokenizer)),
        reward,
        ...(own && { tokenValues: { advantages: own } }),
      }
    }),
  )
}

/** The text of each token; a token that ends no character has none, the next one has it all. */
function piecesOf(tokens: readonly TokenId[], tokenizer: Tokenizer): string[] {
  const decoder = new IncrementalDecoder(tokenizer.vocabulary)
  const pieces = tokens.map((token) => decoder.push(token))
  const rest = decoder.flush()
  if (rest !== '') pieces[pieces.length - 1] += rest
  return pieces
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
  run.recordMetrics(step, metrics, { tokens: done.update?.tokens ?? 0 })
  run.recordTrajectories(step, trajectoryRecords(done.groups, done.credited, 'train', tokenizer))
}
