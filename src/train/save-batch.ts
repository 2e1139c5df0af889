// Keeps the batch on which an update failed, so that somebody can find out why.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { NonFiniteStep } from './policy-step.ts'
import { trajectoryRecords } from './trajectory-records.ts'

/**
 * Records the trajectories for the viewer, and writes what the learner was given, one trajectory a
 * line with its advantages, to `non-finite-step-N.jsonl` in the run folder. Returns its path.
 */
export function saveBatch(
  run: RunFolder,
  tokenizer: Tokenizer,
  failed: NonFiniteStep,
  stepsBefore = 0,
): string {
  const { groups, credited, message } = failed
  const step = failed.step + stepsBefore
  const path = join(run.path, `non-finite-step-${step}.jsonl`)
  const lines = credited.map(({ advantages, returns, ...rest }) =>
    JSON.stringify({
      ...rest,
      advantages: Array.from(advantages, String),
      returns: returns && Array.from(returns, String),
    }),
  )
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  const computed = credited.map(({ trajectory: { id }, advantages }) => {
    return { id, tokenValues: { advantages } }
  })
  run.recordTrajectories(step, trajectoryRecords(groups, computed, 'train', tokenizer))
  run.recordWarning(step, { name: 'non-finite', message: `${message}; the batch is in ${path}` })
  return path
}
