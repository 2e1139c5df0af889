// Trajectories as JSON lines: one a line, with the text of every segment beside its tokens.

import { appendFile } from 'node:fs/promises'
import { z } from 'zod'
import { at } from '../base/check.ts'
import { UserError } from '../base/errors.ts'
import { fileLines } from '../base/file-lines.ts'
import type { TokenId } from './segment.ts'
import type { Trajectory } from './trajectory.ts'

/** A trajectory with the text of each segment, for people and for graders. */
export interface WrittenTrajectory {
  readonly trajectory: Trajectory
  readonly texts: readonly string[]
}

type Decode = (tokens: readonly TokenId[]) => string | Promise<string>

/** Texts of the segments. A character torn by a border between two shows as U+FFFD in both. */
export async function writtenTrajectory(
  trajectory: Trajectory,
  decode: Decode,
): Promise<WrittenTrajectory> {
  const texts = await Promise.all(trajectory.segments.map(({ tokens }) => decode(tokens)))
  return { trajectory, texts }
}

/** Appends one line each; the folder must exist. */
export async function appendTrajectories(
  path: string,
  written: readonly WrittenTrajectory[],
): Promise<void> {
  await appendFile(path, written.map((each) => `${trajectoryLine(each)}\n`).join(''))
}

/** The trajectory on one line, without the newline. */
export function trajectoryLine({ trajectory, texts }: WrittenTrajectory): string {
  const { segments, ...rest } = trajectory
  return JSON.stringify({
    ...rest,
    segments: segments.map((segment, index) => {
      const { author, ...others } = segment
      const written = { author, text: at(texts, index), ...others }
      if (segment.author !== 'policy' || !segment.logprobs) return written
      return { ...written, logprobs: segment.logprobs.map(writtenNumber) }
    }),
  })
}

/** The trajectories of a file in its order. A last line that is still being written is left out. */
export async function* readTrajectories(
  path: string,
): AsyncGenerator<WrittenTrajectory, void, undefined> {
  for await (const { text, number, ended } of fileLines(path)) {
    if (ended) yield parseTrajectoryLine(text, `${path}:${number}`)
  }
}

/** Throws UserError that names the place and the key. */
export function parseTrajectoryLine(line: string, place: string): WrittenTrajectory {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new UserError(`${place}: no JSON: ${(error as Error).message}`)
  }
  const result = trajectorySchema.safeParse(value)
  if (!result.success) {
    const issue = at(result.error.issues, 0)
    throw new UserError(`${place}: ${issue.path.map(String).join('.')}: ${issue.message}`)
  }
  const { segments, ...rest } = result.data
  return {
    trajectory: { ...rest, segments: segments.map(({ text: _, ...segment }) => segment) },
    texts: segments.map(({ text }) => text),
  }
}

/** JSON has no word for a log-prob of minus infinity. */
function writtenNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

const numberSchema = z.union([
  z.number(),
  z.enum(['-Infinity', 'Infinity', 'NaN']).transform(Number),
])
const tokensSchema = z.array(z.number().int().nonnegative())
const recordSchema = z.record(z.string(), z.unknown())
const base = { text: z.string(), tokens: tokensSchema }

const segmentSchema = z.discriminatedUnion('author', [
  z.object({ author: z.literal('context'), ...base }),
  z
    .object({ author: z.literal('policy'), ...base, logprobs: z.array(numberSchema).nullable() })
    .refine(({ tokens, logprobs }) => !logprobs || logprobs.length === tokens.length, {
      message: 'there must be one log-prob for each token',
      path: ['logprobs'],
    }),
  z.object({
    author: z.literal('tool'),
    ...base,
    call: z.object({ tool: z.string(), arguments: recordSchema }),
    output: z.object({
      text: z.string(),
      ok: z.boolean(),
      status: z.string(),
      durationMs: z.number(),
      details: z.exactOptional(recordSchema),
    }),
  }),
])

const stopSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answered') }),
  z.object({ kind: z.literal('ended') }),
  z.object({
    kind: z.literal('limit'),
    limit: z.enum([
      'turns',
      'toolCalls',
      'trajectoryTokens',
      'turnTokens',
      'toolTokens',
      'wallTime',
    ]),
  }),
  z.object({ kind: z.literal('malformed'), name: z.string() }),
  z.object({ kind: z.literal('cancelled') }),
  z.object({
    kind: z.literal('failed'),
    failure: z.object({
      border: z.enum(['policy', 'tool', 'sandbox', 'reward']),
      kind: z.string(),
      message: z.string(),
    }),
  }),
])

const trajectorySchema = z.object({
  id: z.string(),
  problemId: z.string(),
  segments: z.array(segmentSchema),
  stop: stopSchema,
  policyVersion: z.number().int().nonnegative(),
  durationMs: z.number(),
})
