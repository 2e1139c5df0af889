// What the quickstart is given and what it comes to.

import type { EvaluationReport } from '../evaluate/evaluation-report.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import type { RunFolder } from '../run/folder.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { SavedCheckpoint } from './checkpoint.ts'
import type { QuickstartConfig } from './quickstart-config.ts'

/** A stretch of work that a person watches. */
export interface Chapter extends Disposable {
  update(done: number, detail?: string): void
}

export interface Narrator {
  /** `before` of the total was done by an earlier run. */
  chapter(title: string, total: number, before?: number): Chapter
}

export interface QuickstartResult {
  readonly untouched: EvaluationReport
  readonly coldStart: EvaluationReport
  readonly trained: EvaluationReport
  /** The attempts behind `trained`, and the text of their tokens. */
  readonly attempts: readonly ScoredGroup[]
  readonly decode: (tokens: readonly TokenId[]) => string
  /** Where the trained model lies. */
  readonly model: string
}

export interface QuickstartOptions {
  readonly config: QuickstartConfig
  /** Digest of the configuration. */
  readonly digest: string
  readonly run: RunFolder
  /** Where to go on; null begins anew. */
  readonly from: SavedCheckpoint | null
  readonly narrator: Narrator
  readonly signal: AbortSignal
}
