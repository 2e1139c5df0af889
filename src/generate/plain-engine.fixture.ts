// The scheduler in an engine without a model, which checks each plan before it follows it.

import { expect } from 'vitest'
import { pageSize, slotsOf } from './page.ts'
import type { PlannedPiece, ScheduledSequence } from './scheduled-sequence.ts'
import { Scheduler, type SchedulerOptions } from './scheduler.ts'

/** The model of a model: the next token follows from all tokens before it. */
function nextToken(tokens: readonly number[]): number {
  let state = 7
  for (const token of tokens) state = (state * 31 + token) % 1009
  return state % 3
}

/** Names all tokens up to each position, and the weights that read them. */
function prefixNames(tokens: readonly number[], version: number): number[] {
  let state = version + 1
  return tokens.map((token) => {
    state = (state * 48_271 + token + 1) % 2_147_483_647
    return state
  })
}

/**
 * An engine without a model: each slot holds the name of all tokens up to its own, which is what
 * keys and values amount to. A piece is right if every slot before it holds its own prefix.
 */
export class PlainEngine {
  readonly scheduler: Scheduler
  readonly #slots = new Map<number, number>()
  readonly #wanted = new Map<ScheduledSequence, number>()
  version = 0
  steps = 0

  constructor(readonly options: SchedulerOptions) {
    this.scheduler = new Scheduler(options)
  }

  /** The sequence is to write `count` tokens after these. */
  submit(sequence: ScheduledSequence, tokens: readonly number[], count: number): void {
    this.scheduler.submit(sequence, tokens)
    this.#wanted.set(sequence, count)
  }

  step(): void {
    const oldest = [...this.#wanted.keys()].sort((a, b) => (a.ticket ?? 0) - (b.ticket ?? 0))[0]
    const plan = this.scheduler.plan()
    expect(plan.some(({ sequence }) => sequence === oldest)).toBe(true)
    this.#check(plan)
    this.scheduler.commit(plan)
    for (const { sequence, draws } of plan) if (draws) this.#draw(sequence)
    this.steps++
  }

  get isBusy(): boolean {
    expect(this.scheduler.isBusy).toBe(this.#wanted.size > 0)
    return this.#wanted.size > 0
  }

  finish(): void {
    while (this.isBusy) this.step()
  }

  cancel(sequence: ScheduledSequence): void {
    this.#wanted.delete(sequence)
    this.scheduler.close(sequence)
    this.scheduler.close(sequence)
  }

  replaceWeights(): void {
    this.version++
    this.scheduler.invalidate()
  }

  #draw(sequence: ScheduledSequence): void {
    this.scheduler.append(sequence, nextToken(sequence.tokens))
    const left = (this.#wanted.get(sequence) ?? 0) - 1
    this.#wanted.set(sequence, left)
    if (left > 0) return
    this.#wanted.delete(sequence)
    this.scheduler.pause(sequence)
  }

  /** Before anything is written, and all at once. */
  #copy(plan: readonly PlannedPiece[]): void {
    const copies = plan.flatMap(({ copied, start, pages }) => {
      const to = slotsOf(pages, start).slice(copied ? start - copied.tokens : start)
      return to.map((slot, index) => {
        const from = (copied?.page ?? 0) * pageSize + index
        return [slot, this.#slots.get(from)] as const
      })
    })
    for (const [slot, name] of copies) if (name !== undefined) this.#slots.set(slot, name)
  }

  #check(plan: readonly PlannedPiece[]): void {
    const { maxBatch, prefillTokens, pages } = this.options
    expect(plan.length).toBeLessThanOrEqual(maxBatch)
    expect(new Set(plan.map(({ sequence }) => sequence)).size).toBe(plan.length)
    const prompts = plan.filter((piece) => piece.tokens.length > 1)
    const read = prompts.reduce((sum, piece) => sum + piece.tokens.length, 0)
    expect(read).toBeLessThanOrEqual(Math.max(prefillTokens, 1))
    this.#copy(plan)
    const written = new Set<number>()
    for (const { sequence, start, tokens, pages: held } of plan) {
      const slots = slotsOf(held, start + tokens.length)
      expect(Math.max(...held)).toBeLessThan(pages)
      const names = prefixNames(sequence.tokens.slice(0, slots.length), this.version)
      const found = slots.slice(0, start).map((slot) => this.#slots.get(slot))
      expect(found).toEqual(names.slice(0, start))
      for (const [position, slot] of slots.entries()) {
        if (position < start) continue
        if (written.has(slot)) expect.fail('two pieces write one slot')
        written.add(slot)
        this.#slots.set(slot, names[position] ?? 0)
      }
    }
  }
}

/** What a sequence must hold after these turns, whatever else ran beside it. */
export function alone(
  turns: readonly { readonly prompt: readonly number[]; readonly count: number }[],
) {
  const tokens: number[] = []
  for (const { prompt, count } of turns) {
    tokens.push(...prompt)
    for (let drawn = 0; drawn < count; drawn++) tokens.push(nextToken(tokens))
  }
  return tokens
}
