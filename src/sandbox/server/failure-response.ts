// Whatever a request threw, as an answer that says whose fault it was.

import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { InfrastructureError, UserError } from '../../base/errors.ts'

const retryAfterSeconds = '1'
const statusOf: Readonly<Record<string, ContentfulStatusCode>> = {
  overloaded: 429,
  session_lost: 410,
  cancelled: 499 as ContentfulStatusCode,
}

/** 400 with the field for a bad request, 429 when full, 410 for a lost session, 503 for the rest of ours. */
export function failureResponse(context: Context, error: unknown): Response {
  if (error instanceof UserError) return failure(context, 400, 'invalid_request', error.message)
  if (error instanceof HTTPException) {
    return failure(context, error.status, 'invalid_request', error.message)
  }
  const kind = failureKind(error)
  if (kind === 'overloaded') context.header('retry-after', retryAfterSeconds)
  return failure(context, statusOf[kind] ?? 503, kind, messageOf(error))
}

export function failureKind(error: unknown): string {
  return error instanceof InfrastructureError ? error.kind : 'sandbox_error'
}

function failure(context: Context, status: number, kind: string, message: string): Response {
  return context.json({ error: { kind, message } }, status as ContentfulStatusCode)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
