// Who runs in the next step of the engine, and where in the cache. Plain data, no tensors.
//
// The engine's loop around it:
//
//   const sequence = scheduler.open()
//   scheduler.submit(sequence, prompt)            // wants a completion
//   while (scheduler.isBusy) {
//     const plan = scheduler.plan()               // new tokens of many sequences
//     ... one forward over the plan's pieces ...
//     scheduler.commit(plan)                      // their keys and values are in the cache
//     for each piece that `draws`: a token; then
//       scheduler.append(sequence, token)         // it goes on; or, after its last token,
//       scheduler.pause(sequence)                 // it keeps its cache and leaves the batch
//   }
//   scheduler.close(sequence)
//
// Rules. Older sequences come first, by their first submission: the oldest one that wants to run
// runs in every step. A new one starts when its prompt fits beside what runs, and none overtakes
// it. One that has started and needs a page takes it from paused sequences, then from younger
// ones; whoever loses its pages reads its tokens again later. A full page is shared by all
// sequences with the same beginning; what is left of a prompt is copied from where another's page
// begins with it, but for the last token, which is computed to go on from. One that needs a page
// which another computes in this very step waits for it.

import { at, invariant } from '../base/check.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { pageSize, pagesFor } from './page.ts'
import { PageTable, pageKey } from './page-table.ts'
import type { CopiedTokens, PlannedPiece, ScheduledSequence } from './scheduled-sequence.ts'
import { isOlder, newSequence, pieceOf } from './scheduled-sequence.ts'

export interface SchedulerOptions {
  /** Pages of the whole cache. */
  readonly pages: number
  /** Most sequences in one step. */
  readonly maxBatch: number
  /** Most tokens of prompts and tool outputs in one step; longer ones are read in chunks. */
  readonly prefillTokens: number
}

/** Tokens by how they came into the cache, and what memory cost, since the beginning. */
export interface SchedulerCounts {
  /** Run through the model, the first time and again. */
  computed: number
  /** Of these, run again after their pages had been taken away. */
  rebuilt: number
  /** Found in pages that another sequence, or the same one earlier, had written. */
  shared: number
  /** Times that a sequence lost its pages to another. */
  evictions: number
}

export class Scheduler {
  readonly counts: SchedulerCounts = { computed: 0, rebuilt: 0, shared: 0, evictions: 0 }
  readonly #table: PageTable
  readonly #sequences = new Set<ScheduledSequence>()
  #tickets = 0

  constructor(private readonly options: SchedulerOptions) {
    const { pages, maxBatch, prefillTokens } = options
    invariant(pages > 0 && maxBatch > 0 && prefillTokens > 0, 'a scheduler has room for something')
    this.#table = new PageTable(pages)
  }

  /** Most tokens that one sequence can have: all of the cache. */
  get capacity(): number {
    return this.options.pages * pageSize
  }

  /** Whether some sequence wants to run: then the next plan is not empty. */
  get isBusy(): boolean {
    for (const sequence of this.#sequences) if (sequence.wantsToRun) return true
    return false
  }

  open(): ScheduledSequence {
    const sequence = newSequence()
    this.#sequences.add(sequence)
    return sequence
  }

  /** The sequence wants to go on after these tokens. */
  submit(sequence: ScheduledSequence, newTokens: readonly TokenId[]): void {
    invariant(this.#sequences.has(sequence), 'a closed sequence is not submitted')
    invariant(!sequence.wantsToRun, 'a sequence is submitted once at a time')
    for (const token of newTokens) sequence.tokens.push(token)
    invariant(sequence.tokens.length > sequence.cached, 'a completion needs a token to go on from')
    invariant(sequence.tokens.length <= this.capacity, 'a sequence fits into the cache')
    sequence.ticket ??= this.#tickets++
    sequence.wantsToRun = true
  }

  /** A drawn token, after the piece that drew it is committed. */
  append(sequence: ScheduledSequence, token: TokenId): void {
    sequence.tokens.push(token)
    invariant(sequence.tokens.length <= this.capacity, 'a sequence fits into the cache')
  }

  /** The completion is over or given up: the cache is kept, the place in the batch is not. */
  pause(sequence: ScheduledSequence): void {
    sequence.wantsToRun = false
  }

  /** Gives the cache back; safe to call twice. */
  close(sequence: ScheduledSequence): void {
    if (!this.#sequences.delete(sequence)) return
    sequence.wantsToRun = false
    this.#drop(sequence)
  }

  /** After a change of weights nothing in the cache is valid: everybody reads again. */
  invalidate(): void {
    for (const sequence of this.#sequences) this.#drop(sequence)
    this.#table.forgetUnused()
  }

  /** The next step: empty only where nobody wants to run. Each plan is committed or thrown away. */
  plan(): readonly PlannedPiece[] {
    const queue = [...this.#sequences].filter((sequence) => sequence.wantsToRun)
    queue.sort((a, b) => (isOlder(a, b) ? -1 : 1))
    const plan: PlannedPiece[] = []
    const computing = new Set<string>()
    let budget = this.options.prefillTokens
    let isBlocked = false
    for (const sequence of queue) {
      if (plan.length >= this.options.maxBatch) break
      if (!sequence.isAdmitted && isBlocked) continue
      const adopted = this.#adopt(sequence)
      const copied = this.#copied(sequence)
      const known = copied?.tokens ?? 0
      const pending = sequence.tokens.length - sequence.cached - known
      const length = pending === 1 ? 1 : Math.min(pending, budget)
      const page = pageToCompute(sequence, known)
      const mustWait = length === 0 || (!hasBegunPage(sequence) && computing.has(page ?? ''))
      if (mustWait || !this.#reserve(sequence, known + length, plan.length)) {
        isBlocked ||= !sequence.isAdmitted && !mustWait
        // What a sequence has not begun to go on from, it does not hold while it waits.
        if (!sequence.isAdmitted) this.#drop(sequence)
        continue
      }
      sequence.isAdmitted = true
      this.counts.shared += adopted + known
      if (pending > 1) budget -= length
      if (page !== undefined) computing.add(page)
      plan.push(pieceOf(sequence, length, copied))
    }
    // One-token pieces stand together, as the forward likes them.
    return plan.sort((a, b) => Number(a.tokens.length > 1) - Number(b.tokens.length > 1))
  }

  /** The pieces' keys and values have been written. */
  commit(plan: readonly PlannedPiece[]): void {
    for (const { sequence, start, tokens } of plan) {
      const end = start + tokens.length
      this.counts.computed += tokens.length
      this.counts.rebuilt += Math.max(0, Math.min(end, sequence.everCached) - start)
      sequence.cached = end
      sequence.everCached = Math.max(sequence.everCached, end)
      this.#share(sequence)
    }
  }

  /** Takes over pages that hold this sequence's next tokens; its last token is always computed. */
  #adopt(sequence: ScheduledSequence): number {
    const before = sequence.cached
    for (;;) {
      const key = nextKey(sequence)
      const node = key === undefined ? undefined : this.#table.adopt(lastShared(sequence), key)
      if (!node) return sequence.cached - before
      sequence.shared.push(node)
      sequence.pages.push(node.page)
      sequence.cached += pageSize
    }
  }

  /** Makes the pages that have become full findable. */
  #share(sequence: ScheduledSequence): void {
    const { shared, pages, tokens, cached } = sequence
    while ((shared.length + 1) * pageSize <= cached) {
      const index = shared.length
      const key = pageKey(tokens.slice(index * pageSize, (index + 1) * pageSize))
      const node = this.#table.share(lastShared(sequence), key, at(pages, index))
      shared.push(node)
      pages[index] = node.page
    }
  }

  /** A page that begins with all that is left of the sequence's tokens but the last. */
  #copied(sequence: ScheduledSequence): CopiedTokens | null {
    const { shared, tokens, cached } = sequence
    const count = tokens.length - 1 - cached
    if (hasBegunPage(sequence) || count < 1 || count >= pageSize) return null
    const parent = lastShared(sequence)
    const wanted = tokens.slice(cached, cached + count)
    const has = (other: ScheduledSequence) =>
      hasBegunPage(other) &&
      lastShared(other) === parent &&
      other.cached >= cached + count &&
      wanted.every((token, index) => other.tokens[cached + index] === token)
    const owner = [...this.#sequences].find(has)
    const page = owner?.pages[shared.length] ?? this.#table.beginningWith(parent, wanted)
    return page === undefined ? null : { page, tokens: count }
  }

  /** Pages for the next `length` tokens; false, and nothing taken, where they must wait. */
  #reserve(sequence: ScheduledSequence, length: number, running: number): boolean {
    const held = sequence.pages.length
    const needed = pagesFor(sequence.cached + length) - held
    // All of a prompt must fit, and everyone who runs must still be able to grow by a page.
    const wanted = sequence.isAdmitted ? needed : pagesFor(sequence.tokens.length) - held + running
    const mayTake = sequence.everCached > 0 || running === 0
    if (!this.#makeAvailable(wanted, mayTake ? this.#victims(sequence) : [])) return false
    for (let page = 0; page < needed; page++) {
      const taken = this.#table.take()
      invariant(taken !== undefined, 'an available page can be taken')
      sequence.pages.push(taken)
    }
    return true
  }

  #makeAvailable(wanted: number, victims: readonly ScheduledSequence[]): boolean {
    const most = victims.reduce((sum, victim) => sum + victim.pages.length, this.#table.available)
    if (most < wanted) return false
    for (const victim of victims) {
      if (this.#table.available >= wanted) break
      this.#drop(victim)
      this.counts.evictions++
    }
    return this.#table.available >= wanted
  }

  /** Who may lose its pages, in this order: paused ones, then younger ones; the youngest first. */
  #victims(taker: ScheduledSequence): ScheduledSequence[] {
    return [...this.#sequences]
      .filter((each) => each !== taker && each.pages.length > 0)
      .filter((each) => !each.wantsToRun || isOlder(taker, each))
      .sort((a, b) => Number(a.wantsToRun) - Number(b.wantsToRun) || (isOlder(a, b) ? 1 : -1))
  }

  #drop(sequence: ScheduledSequence): void {
    for (const page of sequence.pages.splice(sequence.shared.length)) this.#table.give(page)
    this.#table.release(sequence.shared.splice(0))
    sequence.pages.length = 0
    sequence.cached = 0
    sequence.isAdmitted = false
  }
}

function lastShared(sequence: ScheduledSequence) {
  return sequence.shared.at(-1) ?? null
}

/** Whether its last page is its own, and not yet full. */
function hasBegunPage({ pages, shared }: ScheduledSequence): boolean {
  return pages.length > shared.length
}

/** The key of the next page where that is a full one, begun by nobody, and not the last token's. */
function nextKey(sequence: ScheduledSequence): string | undefined {
  const { cached, tokens } = sequence
  if (hasBegunPage(sequence) || cached + pageSize >= tokens.length) return undefined
  return pageKey(tokens.slice(cached, cached + pageSize))
}

/**
 * Names the page that the sequence computes next by what others may want of it; undefined where that
 * is nothing: the last token, which each computes for itself.
 */
function pageToCompute(sequence: ScheduledSequence, copied: number): string | undefined {
  const { shared, cached, tokens } = sequence
  const start = shared.length * pageSize
  const end = Math.min(start + pageSize, tokens.length - 1)
  if (end <= cached + copied) return undefined
  return `${lastShared(sequence)?.page ?? 'first'}:${tokens.slice(start, end).join()}`
}
