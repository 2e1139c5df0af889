import { expect, test } from 'vitest'
import { combinedSource } from '../data/combined-source.ts'
import type { Problem } from '../data/problem.ts'
import { listSource } from '../data/problem-source.ts'
import { StreamFeed } from './stream-feed.ts'

const problem = (id: string): Problem => ({
  id,
  question: `What is ${id}?`,
  answer: '1',
  source: 'numbers',
  verifier: { kind: 'equivalence' },
})
const many = Array.from({ length: 30 }, (_, index) => problem(`p${index}`))
const source = listSource('numbers', many)

test('a feed that is restored goes on with the same problems', async () => {
  const feed = new StreamFeed(source, { seed: 2, shuffleBuffer: 8 })
  const begun = feed.state
  await feed.take(7)
  const state = JSON.parse(JSON.stringify(feed.state))
  const next = await feed.take(40)
  const other = new StreamFeed(source, { seed: 2, shuffleBuffer: 8 })
  await other.restore(state)
  expect(await other.take(40)).toEqual(next)
  expect(other.state).toEqual(feed.state)
  await other.restore(begun)
  expect(other.state).toEqual(begun)
})

test('several sources: each to its limit, none by which the run is judged', async () => {
  const parts = [
    { source, limit: 2 },
    { source: listSource('others', [problem('x')]), limit: null },
  ]
  const rows = []
  const combined = combinedSource(parts, new Set(['what is p1?']))
  for await (const batch of combined.rows()) rows.push(...batch)
  const told = rows.map((row) => (row.kind === 'bad' ? row.reason : row.problem.id))
  expect(told).toEqual(['p0', 'the run is judged by it', 'p2', 'x'])
  const empty = combinedSource([{ source: listSource('nothing', []), limit: null }], new Set())
  const readAll = async () => {
    for await (const batch of empty.rows()) expect(batch).toEqual([])
  }
  await expect(readAll()).rejects.toThrow('nothing: no problems')
})
