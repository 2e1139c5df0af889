import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../base/random.ts'
import { pageSize, pagesFor, slotsOf } from './page.ts'
import type { PlannedPiece, ScheduledSequence } from './scheduled-sequence.ts'
import type { SchedulerOptions } from './scheduler.ts'
import { Scheduler } from './scheduler.ts'

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
class PlainEngine {
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

/** What the sequence must hold, whatever else ran beside it. */
function alone(turns: readonly { readonly prompt: readonly number[]; readonly count: number }[]) {
  const tokens: number[] = []
  for (const { prompt, count } of turns) {
    tokens.push(...prompt)
    for (let drawn = 0; drawn < count; drawn++) tokens.push(nextToken(tokens))
  }
  return tokens
}

const turn = fc.record({
  prompt: fc.array(fc.nat(1), { minLength: 1, maxLength: 40 }),
  count: fc.integer({ min: 1, max: 60 }),
})
/** The same beginning for all sequences of a group, then turns of their own. */
const session = fc.record({
  group: fc.nat(2),
  turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
  begins: fc.nat(20),
  waits: fc.nat(12),
  cancelledAt: fc.option(fc.nat(60), { freq: 6 }),
})
const scenario = fc.record({
  sessions: fc.array(session, { minLength: 3, maxLength: 12 }),
  beginnings: fc.tuple(
    ...[30, 70, 5].map((length) => fc.array(fc.nat(3), { minLength: length, maxLength: length })),
  ),
  // The longest sequence: a beginning of 70 tokens and three turns of 40 and 60.
  pages: fc.integer({ min: pagesFor(370), max: 36 }),
  maxBatch: fc.integer({ min: 1, max: 8 }),
  prefillTokens: fc.integer({ min: 1, max: 100 }),
  seed: fc.nat(),
})

test('every plan reads what was written for it, all sequences end as if alone, whoever else runs', () => {
  fc.assert(
    fc.property(scenario, ({ sessions, beginnings, seed, ...options }) => {
      const engine = new PlainEngine(options)
      const random = RandomStream.named(seed, 'weights')
      const open = sessions.map(({ group, turns, begins, ...rest }) => ({
        ...rest,
        sequence: engine.scheduler.open(),
        turns: turns.map(({ prompt, count }, index) => ({
          prompt: index === 0 ? [...(beginnings[group] ?? []), ...prompt] : prompt,
          count,
        })),
        next: 0,
        readyAt: begins,
        isClosed: false,
      }))
      for (
        let time = 0;
        open.some((each) => !each.isClosed && each.next <= each.turns.length);
        time++
      ) {
        expect(time).toBeLessThan(20_000)
        for (const each of open) {
          if (each.isClosed) continue
          if (each.cancelledAt !== null && time >= each.cancelledAt) {
            engine.cancel(each.sequence)
            each.isClosed = true
          } else if (!each.sequence.wantsToRun && time >= each.readyAt) {
            const upcoming = each.turns[each.next++]
            each.readyAt = time + each.waits
            if (upcoming) engine.submit(each.sequence, upcoming.prompt, upcoming.count)
          }
        }
        if (random.uniform() < 0.01) engine.replaceWeights()
        if (engine.isBusy) engine.step()
      }
      for (const { sequence, turns, isClosed } of open) {
        if (!isClosed) expect(sequence.tokens).toEqual(alone(turns))
        engine.scheduler.close(sequence)
      }
    }),
    { numRuns: 60 },
  )
}, 60_000)

describe('what a step costs', () => {
  const roomy = { pages: 100, maxBatch: 64, prefillTokens: 1000 }
  const prompt = Array.from({ length: 100 }, (_, index) => index % 7)
  const finish = (engine: PlainEngine) => {
    while (engine.isBusy) engine.step()
  }

  // 100 tokens end within a page, 96 with one, 97 after the first token of one, 5 before the first.
  test.each([100, 96, 97, 5])(
    'one prefill of %i tokens serves all members of a group',
    (length) => {
      const engine = new PlainEngine(roomy)
      const begin = prompt.slice(0, length)
      for (let member = 0; member < 8; member++) engine.submit(engine.scheduler.open(), begin, 1)
      engine.step()
      expect(engine.scheduler.counts).toMatchObject({ computed: length, shared: 0 })
      finish(engine)
      expect(engine.steps).toBe(2)
      // Each of the others runs its last token, to draw the next one from.
      const shared = 7 * (length - 1)
      expect(engine.scheduler.counts).toMatchObject({ computed: length + 7, shared })
    },
  )

  test('a prompt read in chunks that end within pages is read once as well', () => {
    const engine = new PlainEngine({ ...roomy, prefillTokens: 30 })
    for (let member = 0; member < 3; member++) engine.submit(engine.scheduler.open(), prompt, 4)
    finish(engine)
    expect(engine.scheduler.counts).toMatchObject({ computed: 100 + 2 + 3 * 3, shared: 2 * 99 })
  })

  test('a turn costs its new tokens alone, however long the history', () => {
    const engine = new PlainEngine({ ...roomy, pages: 300 })
    const sequence = engine.scheduler.open()
    for (const history of [200, 1000, 3000]) {
      engine.submit(sequence, Array(history - sequence.tokens.length).fill(1), 1)
      finish(engine)
      const before = engine.scheduler.counts.computed
      engine.submit(sequence, [1, 2, 3, 4, 5], 10)
      finish(engine)
      // The last token of the turn before was drawn and not yet read; the last of this one neither.
      expect(engine.scheduler.counts.computed - before).toBe(1 + 5 + 10 - 1)
    }
  })

  test('a long prompt is read in chunks while others decode', () => {
    const engine = new PlainEngine({ ...roomy, prefillTokens: 30 })
    const first = engine.scheduler.open()
    engine.submit(first, [1], 10)
    engine.step()
    engine.submit(engine.scheduler.open(), prompt, 1)
    for (let step = 0; step < 3; step++) engine.step()
    expect(first.tokens).toHaveLength(5)
    expect(engine.scheduler.counts.computed).toBe(4 + 90)
  })

  test('a paused sequence keeps its cache until another needs the memory, and is then rebuilt', () => {
    const engine = new PlainEngine({ ...roomy, pages: 10 })
    const paused = engine.scheduler.open()
    engine.submit(paused, prompt, 1)
    finish(engine)
    const other = engine.scheduler.open()
    engine.submit(other, Array(90).fill(9), 1)
    finish(engine)
    expect(engine.scheduler.counts).toMatchObject({ evictions: 1, rebuilt: 0 })
    engine.submit(paused, [1], 1)
    finish(engine)
    expect(paused.tokens).toEqual(
      alone([
        { prompt, count: 1 },
        { prompt: [1], count: 1 },
      ]),
    )
    expect(engine.scheduler.counts.rebuilt).toBeGreaterThan(0)
  })

  test('a new sequence waits for memory instead of taking it from one that runs', () => {
    const engine = new PlainEngine({ ...roomy, pages: 10 })
    const first = engine.scheduler.open()
    const second = engine.scheduler.open()
    engine.submit(first, prompt, 20)
    engine.submit(second, Array(60).fill(9), 20)
    engine.step()
    expect([first.cached, second.cached]).toEqual([100, 0])
    finish(engine)
    expect(engine.scheduler.counts).toMatchObject({ rebuilt: 0 })
  })

  test('where all that run outgrow the memory, the youngest makes way and comes back', () => {
    const engine = new PlainEngine({ ...roomy, pages: 12 })
    const sequences = [1, 2, 3].map((token) => {
      const sequence = engine.scheduler.open()
      engine.submit(sequence, Array(40).fill(token), 60)
      return sequence
    })
    const ended: number[] = []
    while (engine.isBusy) {
      engine.step()
      sequences.forEach((sequence, index) => {
        if (!sequence.wantsToRun && !ended.includes(index)) ended.push(index)
      })
    }
    expect(ended).toEqual([0, 1, 2])
    expect(engine.scheduler.counts.evictions).toBeGreaterThan(0)
    for (const [index, { tokens }] of sequences.entries()) {
      expect(tokens).toEqual(alone([{ prompt: Array(40).fill(index + 1), count: 60 }]))
    }
  })

  test('what a closed sequence has read is found by the next one with the same beginning', () => {
    const engine = new PlainEngine(roomy)
    const first = engine.scheduler.open()
    engine.submit(first, prompt, 1)
    finish(engine)
    engine.scheduler.close(first)
    engine.submit(engine.scheduler.open(), prompt, 1)
    finish(engine)
    expect(engine.scheduler.counts.shared).toBe(Math.floor(99 / pageSize) * pageSize)
  })

  test('also its last page, once that has become full', () => {
    const engine = new PlainEngine(roomy)
    const first = engine.scheduler.open()
    engine.submit(first, prompt, 20)
    finish(engine)
    engine.scheduler.close(first)
    engine.submit(engine.scheduler.open(), prompt, 1)
    finish(engine)
    expect(engine.scheduler.counts.shared).toBe(99)
  })
})
