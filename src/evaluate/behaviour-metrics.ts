// The behaviour metrics of a training step, as numbers by name.

import type { ScoredGroup } from '../reward/reward.ts'
import { behaviourOf } from './behaviour.ts'
import type { Decode } from './record-of-trajectory.ts'
import { recordsOfGroups } from './record-of-trajectory.ts'

/** By names such as `behaviour/code-ratio`; what has no value in this step is left out. */
export function behaviourMetrics(
  groups: readonly ScoredGroup[],
  decode: Decode,
): Readonly<Record<string, number>> {
  const behaviour = behaviourOf(recordsOfGroups(groups, decode))
  const values: Readonly<Record<string, number | null>> = {
    'response-length': behaviour.responseLength,
    'code-ratio': behaviour.codeRatio,
    'code-lines': behaviour.codeLines,
    'correct-code-count': behaviour.correctCodeCount,
    'code-pass-rate': behaviour.codePassRate,
    'code-pass-rate-right': behaviour.codePassRateRight,
    'code-pass-rate-wrong': behaviour.codePassRateWrong,
    'invocation-timing': behaviour.invocationTiming,
    'calls-per-response': behaviour.callsPerResponse,
    'with-errors': behaviour.withErrors,
    'self-corrections': behaviour.selfCorrections,
    ...Object.fromEntries(
      Object.entries(behaviour.purposes).map(([purpose, count]) => [`purpose-${purpose}`, count]),
    ),
  }
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null ? [] : [[`behaviour/${name}`, value]],
    ),
  )
}
