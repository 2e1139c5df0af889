import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RandomStream } from '../base/random.ts'
import { pagesFor } from './page.ts'
import { alone, PlainEngine } from './plain-engine.fixture.ts'

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
