// The tool: how many days lie between two dates.

import { functionTool } from 'retool-rl'
import { z } from 'zod'

const date = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .describe('A date, such as 2024-02-29.')

export const daysBetween = functionTool({
  name: 'days_between',
  description: 'Counts the days from one date to another.',
  input: z.object({ from: date, to: date }),
  run: ({ from, to }) => String(dayNumber(to) - dayNumber(from)),
})

/** Days since 1 January 1970. */
function dayNumber(text: string): number {
  return Date.parse(text) / 86_400_000
}
