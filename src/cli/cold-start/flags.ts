// What `retool-rl cold-start` takes, as parsed.

import type { SourceFlags } from '../source-flags.ts'

export interface ColdStartFlags extends SourceFlags {
  readonly output: string
  readonly sft?: string
  readonly openai?: string
  readonly parquet?: string
  readonly tools: boolean
  readonly seed: number
  readonly limit?: number
  readonly withoutCode: number
  readonly corrections: number
  readonly against: readonly string[]
  readonly similarity: number
  readonly passRates?: string
  readonly lowest: number
  readonly highest: number
  readonly perSource?: number
  readonly perLength?: number
  readonly perDifficulty?: number
  readonly concurrency: number
  readonly teacher?: string
  readonly model?: string
  readonly teacherTokens?: number
  readonly temperature?: number
  readonly promptPrice?: number
  readonly completionPrice?: number
  readonly costLimit?: number
  readonly requestsPerMinute?: number
  readonly json?: true
}
