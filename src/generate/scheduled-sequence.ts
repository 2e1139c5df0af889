// A sequence as the scheduler sees it, and what it does in one step.

import type { TokenId } from '../trajectory/segment.ts'
import { pagesFor } from './page.ts'
import type { PageNode } from './page-table.ts'

/** A session's tokens and its part of the cache. To be changed by the scheduler alone. */
export interface ScheduledSequence {
  readonly tokens: TokenId[]
  /** Tokens whose keys and values are in the cache: always a prefix of `tokens`. */
  cached: number
  /** Cache pages in the order of the tokens; the first `shared.length` are shared ones. */
  readonly pages: number[]
  readonly shared: PageNode[]
  /** Its place in the queue: the number of its first submission; undefined before that. */
  ticket: number | undefined
  wantsToRun: boolean
  /** Whether it has run since it last had no pages. */
  isAdmitted: boolean
  /** Most tokens that were ever in the cache, to count what is read again. */
  everCached: number
}

export function newSequence(): ScheduledSequence {
  return {
    tokens: [],
    cached: 0,
    pages: [],
    shared: [],
    ticket: undefined,
    wantsToRun: false,
    isAdmitted: false,
    everCached: 0,
  }
}

export function isOlder(a: ScheduledSequence, b: ScheduledSequence): boolean {
  return (a.ticket ?? 0) < (b.ticket ?? 0)
}

/** The first `tokens` of a page of the cache, which another page is to begin with as well. */
export interface CopiedTokens {
  readonly page: number
  readonly tokens: number
}

/** New tokens of one sequence in one step. */
export interface PlannedPiece {
  readonly sequence: ScheduledSequence
  /** What the page of the first new token begins with, to be copied before anything is written. */
  readonly copied: CopiedTokens | null
  /** Position of the first new token: as many are in the cache already. */
  readonly start: number
  readonly tokens: readonly TokenId[]
  /** Pages that hold the tokens from position 0 to the last new one. */
  readonly pages: readonly number[]
  /** Whether they reach the sequence's last token, so that the next one is drawn. */
  readonly draws: boolean
}

/** The piece of the next `length` tokens after the copied ones; its pages are there. */
export function pieceOf(
  sequence: ScheduledSequence,
  length: number,
  copied: CopiedTokens | null,
): PlannedPiece {
  const { cached, tokens } = sequence
  const start = cached + (copied?.tokens ?? 0)
  const end = start + length
  return {
    sequence,
    copied,
    start,
    tokens: tokens.slice(start, end),
    pages: sequence.pages.slice(0, pagesFor(end)),
    draws: end === tokens.length,
  }
}
