import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import type { Segment } from './segment.ts'
import type { Stop, Trajectory } from './trajectory.ts'
import {
  appendTrajectories,
  parseTrajectoryLine,
  readTrajectories,
  trajectoryLine,
  writtenTrajectory,
} from './trajectory-file.ts'

let folder = ''
beforeAll(() => {
  folder = scratchFolder()
})

const token = fc.nat(200_000)
const text = fc.string({ unit: 'binary', maxLength: 12 })
const number = fc.double({ noNaN: true, max: 0 })
const record = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null)),
)
const segment: fc.Arbitrary<Segment> = fc.oneof(
  fc.record({ author: fc.constant('context' as const), tokens: fc.array(token) }),
  fc.record({
    author: fc.constant('policy' as const),
    tokens: fc.array(token),
    logprobs: fc.constant(null),
  }),
  fc.array(fc.tuple(token, number)).map((pairs) => ({
    author: 'policy' as const,
    tokens: pairs.map(([id]) => id),
    logprobs: pairs.map(([, logprob]) => logprob),
  })),
  fc.record({
    author: fc.constant('tool' as const),
    tokens: fc.array(token),
    call: fc.record({ tool: text, arguments: record }),
    output: fc.record(
      { text, ok: fc.boolean(), status: text, durationMs: fc.nat(), details: record },
      { requiredKeys: ['text', 'ok', 'status', 'durationMs'] },
    ),
  }),
)
const stop: fc.Arbitrary<Stop> = fc.oneof(
  fc.constantFrom<Stop[]>(
    { kind: 'answered' },
    { kind: 'ended' },
    { kind: 'limit', limit: 'wallTime' },
    { kind: 'malformed', name: 'noFence' },
    { kind: 'cancelled' },
  ),
  text.map((message) => ({
    kind: 'failed' as const,
    failure: { border: 'sandbox' as const, kind: 'overloaded', message },
  })),
)
const trajectory: fc.Arbitrary<Trajectory> = fc.record({
  id: text,
  problemId: text,
  segments: fc.array(segment, { maxLength: 5 }),
  stop,
  policyVersion: fc.nat(),
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
})

test('every trajectory is read back equal', () => {
  fc.assert(
    fc.property(trajectory, (given) => {
      const texts = given.segments.map((_, index) => `text ${index}\n\u2028`)
      const line = trajectoryLine({ trajectory: given, texts })
      expect(line).not.toContain('\n')
      const read = parseTrajectoryLine(line, 'x:1')
      expect(read.texts).toEqual(texts)
      expect(JSON.stringify(read.trajectory.stop)).toBe(JSON.stringify(given.stop))
      // Minus zero is zero in JSON.
      const positive = (_: string, value: unknown) =>
        value === 0 ? 0 : value === Number.NEGATIVE_INFINITY ? '-inf' : value
      expect(JSON.parse(JSON.stringify(read.trajectory, positive))).toEqual(
        JSON.parse(JSON.stringify(given, positive)),
      )
    }),
  )
})

const one: Trajectory = {
  id: 'run/0/0',
  problemId: 'p',
  segments: [
    { author: 'context', tokens: [81] },
    { author: 'policy', tokens: [72, 105], logprobs: [-0.25, Number.NEGATIVE_INFINITY] },
  ],
  stop: { kind: 'answered' },
  policyVersion: 3,
  durationMs: 12.5,
}

test('a file grows line by line and is read in order, without a line that is not whole yet', async () => {
  const path = join(folder, 'trajectories.jsonl')
  const decode = (tokens: readonly number[]) => `\u2028${String.fromCharCode(...tokens)}`
  const written = await writtenTrajectory(one, decode)
  await appendTrajectories(path, [written, written])
  await appendTrajectories(path, [written])
  appendFileSync(path, trajectoryLine(written).slice(0, 40))
  const read = []
  for await (const each of readTrajectories(path)) read.push(each)
  expect(read).toEqual([written, written, written])
  expect(read[0]?.texts).toEqual(['\u2028Q', '\u2028Hi'])
})

test('a damaged line names its place and its key', async () => {
  const path = join(folder, 'damaged.jsonl')
  appendFileSync(path, '{"id": 1\n{}\n')
  await expect(readTrajectories(path).next()).rejects.toThrow(`${path}:1: no JSON`)
  const line = trajectoryLine({ trajectory: one, texts: ['a', 'b'] })
  expect(() => parseTrajectoryLine(line.replace('[-0.25,', '['), 'f:7')).toThrow(
    /f:7: segments\.1\.logprobs: there must be one log-prob/,
  )
  expect(() => parseTrajectoryLine(line.replace('"answered"', '"bored"'), 'f:7')).toThrow(/stop/)
})
