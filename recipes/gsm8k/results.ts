// What the stages of the experiment left behind, read back.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

export interface Results {
  readonly sizes: Sizes
  readonly coldStart: ColdStartReport
  readonly reports: Readonly<Record<Arm, Readonly<Record<Stage, EvaluationReport>>>>
}

export function readResults(folder: string, sizes: Sizes): Results {
  const json = <T>(...names: string[]) =>
    JSON.parse(readFileSync(join(folder, ...names), 'utf8')) as T
  const report = (arm: Arm, stage: Stage) =>
    json<EvaluationReport>('evaluation', `${arm}-${stage}`, 'report.json')
  const ofArm = (arm: Arm) => ({
    untouched: report(arm, 'untouched'),
    'cold-start': report(arm, 'cold-start'),
    rl: report(arm, 'rl'),
  })
  return {
    sizes,
    coldStart: json('demonstrations', 'tools.jsonl.report.json'),
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
