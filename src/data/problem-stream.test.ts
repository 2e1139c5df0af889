import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { at } from '../base/check.ts'
import { Fingerprints } from './fingerprints.ts'
import type { Problem } from './problem.ts'
import { fileSource, listSource, type ProblemSource } from './problem-source.ts'
import { ProblemStream } from './problem-stream.ts'
import { survey } from './survey.ts'

const problems: readonly Problem[] = Array.from({ length: 50 }, (_, index) => ({
  id: `p${index}`,
  question: `What is ${index}?`,
  answer: String(index),
  source: 'numbers',
  verifier: { kind: 'equivalence' },
}))
const source = listSource('numbers', problems)
const ids = (taken: readonly Problem[]) => taken.map(({ id }) => id)

test('each epoch is a new order of all problems', async () => {
  const stream = await ProblemStream.open(source, { seed: 1, shuffleBuffer: 16 })
  const first = ids(await stream.take(50))
  const second = ids(await stream.take(50))
  expect([...first].sort()).toEqual(ids(problems).sort())
  expect([...second].sort()).toEqual(ids(problems).sort())
  expect(first).not.toEqual(ids(problems))
  expect(first).not.toEqual(second)
})

test('a small buffer shuffles nearby, a buffer of one not at all', async () => {
  const inOrder = await ProblemStream.open(source, { seed: 1, shuffleBuffer: 1 })
  expect(ids(await inOrder.take(50))).toEqual(ids(problems))
  const near = await ProblemStream.open(source, { seed: 1, shuffleBuffer: 4 })
  const taken = ids(await near.take(50))
  // Nothing can come out before it was read: at most buffer - 1 places early.
  expect(taken.every((id, place) => Number(id.slice(1)) - place < 4)).toBe(true)
})

test.each([0, 7, 49, 50, 51, 120])('goes on bit-equal after %i problems', async (count) => {
  const settings = { seed: 3, shuffleBuffer: 16 }
  const whole = await ProblemStream.open(source, settings)
  await whole.take(count)
  const state = JSON.parse(JSON.stringify(whole.state))
  const restored = await ProblemStream.open(source, settings, state)
  expect(ids(await restored.take(80))).toEqual(ids(await whole.take(80)))
  expect(restored.state).toEqual(whole.state)
})

test('refuses to go on when the data changed', async () => {
  const settings = { seed: 3, shuffleBuffer: 16 }
  const stream = await ProblemStream.open(source, settings)
  await stream.take(20)
  const other = listSource('numbers', problems.slice(10))
  await expect(ProblemStream.open(other, settings, stream.state)).rejects.toThrow(
    'not those of the checkpoint',
  )
})

const file = join(scratchFolder(), 'set.jsonl')
writeFileSync(
  file,
  [
    '{"question": "What is 1?", "answer": "1"}',
    '{"question": "what  is 1?", "answer": "1"}',
    '{"question": "What is 2?"}',
    'nonsense',
    '{"question": "What is 3?", "answer": "3"}',
  ].join('\n'),
)

test('a first row that lacks its answer does not decide for the others', async () => {
  const unlucky = join(scratchFolder(), 'set.jsonl')
  writeFileSync(unlucky, '{"question": "What is 2?"}\n{"question": "What is 1?", "answer": "1"}\n')
  const found = await survey(fileSource('set', [unlucky]), { samples: 1, seed: 1 })
  expect(found).toMatchObject({ problems: 1, badRows: [{ reason: 'no answer', count: 1 }] })
})

test('bad rows are counted and named, or refused', async () => {
  const stream = await ProblemStream.open(fileSource('set', [file]), { seed: 1 })
  await stream.take(2)
  await stream.next()
  expect(stream.badRows.summary()).toMatchObject([
    {
      reason: 'duplicate',
      count: 2,
      examples: [`${file}:2: duplicate (what  is 1?)`, expect.anything()],
    },
    { reason: 'no answer', count: 2 },
    { reason: 'not readable', count: 2 },
  ])
  const strict = await ProblemStream.open(fileSource('set', [file]), { seed: 1, badRows: 'refuse' })
  await expect(strict.next()).rejects.toThrow(`${file}:2: duplicate`)
})

test('a source without problems says so', async () => {
  const empty = await ProblemStream.open(listSource('nothing', []), { seed: 1 })
  await expect(empty.next()).rejects.toThrow('nothing: no problems')
})

test('a survey counts everything once', async () => {
  const found = await survey(fileSource('set', [file]), { samples: 1, seed: 1 })
  expect(found).toMatchObject({ problems: 2, withSolution: 0, bySource: { set: 2 } })
  expect(found.answerKinds).toEqual({ 'whole number': 2 })
  expect(found.badRows.map(({ count }) => count)).toEqual([1, 1, 1])
  expect(found.questions).toEqual({ mean: 10, longest: 10, median: 10, p95: 10 })
})

test('fingerprints find what was there and nothing else, through growth', () => {
  const seen = new Fingerprints()
  const texts = Array.from({ length: 5_000 }, (_, index) => `text ${index}`)
  expect(texts.filter((text) => seen.add(text))).toEqual([])
  expect(texts.every((text) => seen.add(text))).toBe(true)
  expect(seen.size).toBe(5_000)
  expect(seen.isFull).toBe(false)
})

test('a full set of fingerprints stays as large as it is and knows what it knew', () => {
  const seen = new Fingerprints(2 ** 11)
  const texts = Array.from({ length: 5_000 }, (_, index) => `text ${index}`)
  const fits = texts.findIndex((text) => {
    seen.add(text)
    return seen.isFull
  })
  const { bytes } = seen
  for (const text of texts) seen.add(text)
  expect(seen.bytes).toBe(bytes)
  expect(seen.size).toBe(fits + 1)
  expect(texts.filter((text) => seen.add(text))).toEqual(texts.slice(0, fits + 1))
})

test('the memory of a stream does not grow with its source: it reads ahead by its buffer', async () => {
  let read = 0
  const long: ProblemSource = {
    name: 'long',
    async *rows() {
      for (let start = 0; start < 20_000; start += 10) {
        read += 10
        yield Array.from({ length: 10 }, (_, index) => {
          const problem = { ...at(problems, 0), id: `p${start + index}` }
          return { kind: 'problem', file: 'long', line: start + index + 1, problem } as const
        })
      }
    },
  }
  const stream = await ProblemStream.open(long, { seed: 1, shuffleBuffer: 64 })
  let furthest = 0
  for (let taken = 1; taken <= 10_000; taken++) {
    await stream.next()
    furthest = Math.max(furthest, read - taken)
  }
  expect(furthest).toBeLessThanOrEqual(64 + 10)
  await stream.close()
})
