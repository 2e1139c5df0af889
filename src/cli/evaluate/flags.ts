// What `retool-rl evaluate` takes, as parsed.

import type { CallStyle } from '../../evaluate/chat-attempter.ts'
import type { SourceFlags } from '../source-flags.ts'

export interface EvaluateFlags extends SourceFlags {
  readonly run?: string
  readonly resume?: true
  readonly paper?: true
  readonly attempts?: number
  readonly temperature?: number
  readonly topP?: number
  readonly tools: boolean
  readonly limit?: number
  readonly seed: number
  readonly turns: number
  readonly turnTokens: number
  readonly trajectoryTokens: number
  readonly concurrency: number
  readonly dtype?: string
  readonly template?: string
  readonly adapter?: string
  readonly server?: string
  readonly calls?: CallStyle
  readonly tokenizer?: string
  readonly json?: true
}
