import { expect, test } from 'vitest'
import { pageSize } from './page.ts'
import { alone, PlainEngine } from './plain-engine.fixture.ts'

const roomy = { pages: 100, maxBatch: 64, prefillTokens: 1000 }
const prompt = Array.from({ length: 100 }, (_, index) => index % 7)

// 100 tokens end within a page, 96 with one, 97 after the first token of one, 5 before the first.
test.each([100, 96, 97, 5])('one prefill of %i tokens serves all members of a group', (length) => {
  const engine = new PlainEngine(roomy)
  const begin = prompt.slice(0, length)
  for (let member = 0; member < 8; member++) engine.submit(engine.scheduler.open(), begin, 1)
  engine.step()
  expect(engine.scheduler.counts).toMatchObject({ computed: length, shared: 0 })
  engine.finish()
  expect(engine.steps).toBe(2)
  // Each of the others runs its last token, to draw the next one from.
  const shared = 7 * (length - 1)
  expect(engine.scheduler.counts).toMatchObject({ computed: length + 7, shared })
})

test('a prompt read in chunks that end within pages is read once as well', () => {
  const engine = new PlainEngine({ ...roomy, prefillTokens: 30 })
  for (let member = 0; member < 3; member++) engine.submit(engine.scheduler.open(), prompt, 4)
  engine.finish()
  expect(engine.scheduler.counts).toMatchObject({ computed: 100 + 2 + 3 * 3, shared: 2 * 99 })
})

test('a turn costs its new tokens alone, however long the history', () => {
  const engine = new PlainEngine({ ...roomy, pages: 300 })
  const sequence = engine.scheduler.open()
  for (const history of [200, 1000, 3000]) {
    engine.submit(sequence, Array(history - sequence.tokens.length).fill(1), 1)
    engine.finish()
    const before = engine.scheduler.counts.computed
    engine.submit(sequence, [1, 2, 3, 4, 5], 10)
    engine.finish()
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
  engine.finish()
  const other = engine.scheduler.open()
  engine.submit(other, Array(90).fill(9), 1)
  engine.finish()
  expect(engine.scheduler.counts).toMatchObject({ evictions: 1, rebuilt: 0 })
  engine.submit(paused, [1], 1)
  engine.finish()
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
  engine.finish()
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

// Of 100 tokens the last page is shared only once it has become full.
test.each([
  { written: 1, shared: Math.floor(99 / pageSize) * pageSize },
  { written: 20, shared: 99 },
])(
  'of a closed sequence that wrote $written, the next with the same beginning finds $shared tokens',
  ({ written, shared }) => {
    const engine = new PlainEngine(roomy)
    const first = engine.scheduler.open()
    engine.submit(first, prompt, written)
    engine.finish()
    engine.scheduler.close(first)
    engine.submit(engine.scheduler.open(), prompt, 1)
    engine.finish()
    expect(engine.scheduler.counts.shared).toBe(shared)
  },
)
