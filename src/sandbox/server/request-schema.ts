// What the server accepts: the shapes of its requests, checked with the field's name in the message.

import { z } from 'zod'
import { UserError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import type { Program } from '../sandbox.ts'

const base64 = z.base64('expected base64')

export const executionSchema = z.strictObject({
  code: z.string(),
  stdin: z.string().optional(),
  seed: z.int().min(0).optional(),
  limits: z
    .strictObject({
      timeoutMs: z.int().optional(),
      deadlineMs: z.int().optional(),
      memoryMb: z.int().optional(),
    })
    .optional(),
  files: z.record(z.string(), base64).optional(),
  fetchFiles: z.array(z.string()).max(100).optional(),
  /** A repeated request with the same id gets the first one's result. */
  id: z.string().min(1).max(200).optional(),
})

export type ExecutionRequest = z.infer<typeof executionSchema>

/** The fields of SandboxFusion's run_code. */
export const runCodeSchema = z.strictObject({
  code: z.string(),
  language: z.string(),
  compile_timeout: z.number().nullish(),
  run_timeout: z.number().nullish(),
  memory_limit_MB: z.int().nullish(),
  stdin: z.string().nullish(),
  files: z.record(z.string(), base64.nullable()).nullish(),
  fetch_files: z.array(z.string()).max(100).nullish(),
})

export type RunCodeRequest = z.infer<typeof runCodeSchema>

/** The request, or a UserError that names the first offending field and, where near, the one meant. */
export function parsedRequest<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  body: unknown,
): z.infer<z.ZodObject<Shape>> {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') || 'body'
  if (issue?.code !== 'unrecognized_keys') throw new UserError(`${path}: ${issue?.message}`)
  const unknown = issue.keys[0] ?? ''
  const guess = nearest(unknown, Object.keys(schema.shape))
  throw new UserError(`${unknown}: no such field${guess ? `; did you mean ${guess}?` : ''}`)
}

export function programOf(request: ExecutionRequest): Program {
  const { id: _, files, stdin, seed, fetchFiles, limits, code } = request
  const { timeoutMs, deadlineMs, memoryMb } = limits ?? {}
  return {
    code,
    ...(stdin !== undefined && { stdin }),
    ...(seed !== undefined && { seed }),
    ...(fetchFiles && { fetchFiles }),
    ...(files && { files: decodedFiles(files) }),
    limits: {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(memoryMb !== undefined && { memoryMb }),
    },
  }
}

export function decodedFiles(files: Readonly<Record<string, string | null>>) {
  const entries = Object.entries(files).map(([path, text]) => [
    path,
    Buffer.from(text ?? '', 'base64'),
  ])
  return Object.fromEntries(entries) as Record<string, Buffer>
}
