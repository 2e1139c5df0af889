import { expect, test } from 'vitest'
import type { Problem } from '../data/problem.ts'
import { listSource } from '../data/problem-source.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import { ProblemFeed } from './problem-feed.ts'
import { listSupplies, streamSupply } from './problem-supply.ts'

function problemsOf(source: string, count: number): Problem[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `${source}-${n}`,
    question: `${source} ${n}?`,
    answer: '1',
    source,
    verifier: { kind: 'equivalence' },
  }))
}

/** Two streamed files beside two generated families. */
function feedOf(file = problemsOf('file', 30)): ProblemFeed {
  const settings = { seed: 1, shuffleBuffer: 8 }
  const streams = [
    streamSupply(listSource('a.jsonl', file), settings, () => {}),
    streamSupply(listSource('b.jsonl', problemsOf('other', 7)), settings, () => {}),
  ]
  const lists = listSupplies([...problemsOf('gcd', 3), ...problemsOf('lcm', 3)], 1)
  return new ProblemFeed([...streams, ...lists], 1)
}

/** All attempts right, as far as a feed looks. */
function solved(problem: Problem): ScoredGroup {
  const members = [{ reward: { correct: true } }] as unknown as ScoredGroup['members']
  return { problem, members }
}

const idsOf = (problems: readonly Problem[]) => problems.map(({ id }) => id)

test('a feed goes on from its state to the same problems, streams and lists alike', async () => {
  const feed = feedOf()
  const first = await feed.take(25)
  feed.note(first.slice(0, 20).map(solved))
  const state = JSON.parse(JSON.stringify(feed.state))
  const next = await feed.take(40)
  feed.note([...first.slice(20), ...next].map(solved))

  const again = feedOf()
  await again.restore(state)
  expect(idsOf(await again.take(40))).toEqual(idsOf(next))
  again.note([...first.slice(20), ...next].map(solved))
  expect(again.state).toEqual(feed.state)
})

test('data that changed since the checkpoint are refused', async () => {
  const feed = feedOf()
  await feed.take(25)
  const other = feedOf(problemsOf('another', 30))
  await expect(other.restore(feed.state)).rejects.toThrow(
    /problems are not those of the checkpoint/,
  )
})

test('a source that is solved is drawn less often', async () => {
  const feed = new ProblemFeed(listSupplies([...problemsOf('a', 5), ...problemsOf('b', 5)], 1), 1)
  const share = async () =>
    (await feed.take(400)).filter(({ source }) => source === 'a').length / 400
  expect(await share()).toBeCloseTo(0.5, 1)
  for (let step = 0; step < 20; step++) {
    feed.note((await feed.take(20)).filter(({ source }) => source === 'a').map(solved))
  }
  // Its weight has fallen from 1.05 to about .09.
  expect(await share()).toBeLessThan(0.15)
})
