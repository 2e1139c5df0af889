// Demonstrations out of the file that a cold start wrote.

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { UserError } from '../base/errors.ts'
import { fileLines } from '../base/file-lines.ts'
import type { Demonstration } from './demonstration.ts'

const call = z.object({ tool: z.string(), arguments: z.record(z.string(), z.unknown()) })
const output = z.object({
  text: z.string(),
  ok: z.boolean(),
  status: z.string(),
  durationMs: z.number(),
})
const verifier = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('equivalence') }),
  z.object({
    kind: z.literal('reasoning-gym'),
    family: z.string(),
    seed: z.number(),
    index: z.number(),
    settings: z.record(z.string(), z.unknown()),
  }),
])
const problem = z.object({
  id: z.string(),
  question: z.string(),
  answer: z.string(),
  source: z.string(),
  verifier,
  solution: z.string().exactOptional(),
  metadata: z.record(z.string(), z.unknown()).exactOptional(),
})
const demonstration = z.object({
  id: z.string(),
  problem,
  writer: z.string(),
  turns: z.array(z.object({ thought: z.string(), call, output })),
  closing: z.object({ thought: z.string(), answer: z.string() }),
})

/** One demonstration a line. Throws UserError with file, line and key for what is not one. */
export async function* readDemonstrations(path: string): AsyncGenerator<Demonstration> {
  if (!existsSync(path)) {
    throw new UserError(`${path}: no such file; retool-rl cold-start writes demonstrations`, 2)
  }
  for await (const { text, number } of fileLines(path)) {
    if (text.trim() === '') continue
    yield parse(text, `${path}:${number}`)
  }
}

function parse(text: string, place: string): Demonstration {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UserError(`${place}: not JSON; expected a demonstration that cold-start wrote`)
  }
  const parsed = demonstration.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new UserError(
    `${place}: ${issue?.path.join('.') || 'the line'}: ${issue?.message}; expected a demonstration that cold-start wrote`,
  )
}
