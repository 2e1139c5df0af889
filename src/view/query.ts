// Parses what the page asks for; anything else is refused with the name of the parameter.

import { z } from 'zod'
import { type SortKey, sortColumns } from '../run/trajectory-query.ts'

const phase = z.enum(['train', 'evaluation', 'demonstration'])
const number = z.coerce.number()
const whole = z.coerce.number().int().min(0)

const sortKeys = Object.keys(sortColumns) as [SortKey, ...SortKey[]]

/** A range is written `from..to`, either end of which may be missing. */
const rangePattern = /^(-?\d+(?:\.\d+)?)?\.\.(-?\d+(?:\.\d+)?)?$/

const range = z
  .string()
  .regex(rangePattern)
  .transform((text) => {
    const [, from, to] = rangePattern.exec(text) ?? []
    return { from: from ? Number(from) : undefined, to: to ? Number(to) : undefined }
  })

export const curveQuery = z.object({
  name: z.string(),
  axis: z.enum(['step', 'tokens', 'time']).default('step'),
  from: number.optional(),
  to: number.optional(),
  limit: whole.min(2).max(5000).default(800),
})

export const behaviourQuery = z.object({
  phase: phase.default('train'),
  limit: whole.min(2).max(5000).default(500),
})

export const phaseQuery = z.object({ phase: phase.default('train') })

export const trajectoriesQuery = z.object({
  phase: phase.optional(),
  stop: z.string().optional(),
  source: z.string().optional(),
  problem: z.string().optional(),
  correct: z.stringbool().optional(),
  corrected: z.stringbool().optional(),
  reward: range.optional(),
  step: range.optional(),
  calls: range.optional(),
  errors: range.optional(),
  tokens: range.optional(),
  text: z.string().max(1000).optional(),
  sort: z.enum(sortKeys).default('recorded'),
  descending: z.stringbool().default(true),
  offset: whole.default(0),
  limit: whole.max(1000).default(100),
})

export const trajectoryQuery = z.object({ phase, step: whole, id: z.string() })
