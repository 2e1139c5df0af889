// Keeps the demonstrations on which an update failed, so that somebody can find out why.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunFolder } from '../run/folder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { TrainingSequence } from '../update/batch.ts'

/**
 * Writes one demonstration a line, its text, tokens and mask, to `non-finite-step-N.jsonl` in the run
 * folder. Returns its path.
 */
export function saveDemonstrations(
  run: RunFolder,
  tokenizer: Tokenizer,
  step: number,
  batch: readonly TrainingSequence[],
): string {
  const path = join(run.path, `non-finite-step-${step}.jsonl`)
  const lines = batch.map(({ tokens, mask }) =>
    JSON.stringify({ text: tokenizer.decode(tokens), tokens, mask: Array.from(mask) }),
  )
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}
