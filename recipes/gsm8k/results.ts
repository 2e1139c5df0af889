// What the stages of the experiment left behind, read back.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../src/base/errors.ts'
import type { ColdStartReport } from '../../src/cold-start/report.ts'
import { type Comparison, compare } from '../../src/evaluate/compare.ts'
import type { EvaluationReport } from '../../src/evaluate/evaluation-report.ts'

export const arms = ['tools', 'text'] as const
export type Arm = (typeof arms)[number]

export const stages = ['untouched', 'cold-start', 'rl'] as const
export type Stage = (typeof stages)[number]

export interface Sizes {
  readonly model: string
  readonly demonstrations: number
  readonly epochs: number
  readonly steps: number
  readonly problemsPerStep: number
  readonly groupSize: number
  readonly test: number
}

/** Notes the sizes of a new run; UserError where it was begun with others. */
export function keepSizes(folder: string, sizes: Sizes): void {
  const { model, demonstrations, epochs, steps, problemsPerStep, groupSize, test } = sizes
  const kept = { model, demonstrations, epochs, steps, problemsPerStep, groupSize, test }
  const text = JSON.stringify(kept)
  const file = join(folder, 'sizes.json')
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, text)
  } else if (readFileSync(file, 'utf8') !== text) {
    throw new UserError(
      `${folder}: begun with ${readFileSync(file, 'utf8')}, not ${text}; give the same, or another folder`,
    )
  }
}

type StageReports = Readonly<Record<'cold-start' | 'rl', EvaluationReport>> & {
  /** Null where it was left out. */
  readonly untouched: EvaluationReport | null
}

export interface Results {
  readonly sizes: Sizes
  readonly coldStart: ColdStartReport
  readonly reports: Readonly<Record<Arm, StageReports>>
}

export function readResults(folder: string, sizes: Sizes): Results {
  const json = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T
  const place = (arm: Arm, stage: Stage) =>
    join(folder, 'evaluation', `${arm}-${stage}`, 'report.json')
  const report = (arm: Arm, stage: Stage) => json<EvaluationReport>(place(arm, stage))
  const ofArm = (arm: Arm) => ({
    untouched: existsSync(place(arm, 'untouched')) ? report(arm, 'untouched') : null,
    'cold-start': report(arm, 'cold-start'),
    rl: report(arm, 'rl'),
  })
  return {
    sizes,
    coldStart: json(join(folder, 'demonstrations', 'tools.jsonl.report.json')),
    reports: { tools: ofArm('tools'), text: ofArm('text') },
  }
}

/** The paired differences that answer the experiment's questions, by what they say. */
export function comparisons({ reports }: Results): readonly (readonly [string, Comparison])[] {
  const { tools, text } = reports
  return [
    ['after the cold start, tools less text', compare(text['cold-start'], tools['cold-start'])],
    ['after RL, tools less text', compare(text.rl, tools.rl)],
    ['with tools, RL less cold start', compare(tools['cold-start'], tools.rl)],
    ['by text alone, RL less cold start', compare(text['cold-start'], text.rl)],
  ]
}
