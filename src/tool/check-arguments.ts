// Whether a call's arguments fit the JSON Schema of its tool.

import { z } from 'zod'
import type { Tool } from './tool.ts'

const checkers = new WeakMap<object, z.ZodType | 'unchecked'>()

/**
 * What is wrong with the arguments, in a short sentence that the model can act on; undefined where
 * they fit. A schema that cannot be checked here lets everything through: the tool then judges.
 */
export function argumentsProblem(
  tool: Tool,
  values: Readonly<Record<string, unknown>>,
): string | undefined {
  const checker = checkerOf(tool.parameters)
  if (checker === 'unchecked') return undefined
  const result = checker.safeParse(values)
  return result.success ? undefined : issueText(result.error)
}

/** The first two issues as `path: what is wrong`. */
export function issueText(error: z.ZodError): string {
  return error.issues
    .slice(0, 2)
    .map((issue) => `${issue.path.map(String).join('.') || 'arguments'}: ${issue.message}`)
    .join('; ')
}

function checkerOf(schema: Readonly<Record<string, unknown>>): z.ZodType | 'unchecked' {
  const known = checkers.get(schema)
  if (known) return known
  let checker: z.ZodType | 'unchecked'
  try {
    checker = z.fromJSONSchema({ ...schema })
  } catch {
    checker = 'unchecked'
  }
  checkers.set(schema, checker)
  return checker
}
