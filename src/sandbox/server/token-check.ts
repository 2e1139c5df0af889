// Who may ask: a bearer token, compared in constant time.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'

const open = new Set(['/v1/health'])

/**
 * Lets requests with the token pass; without a configured token, all. Health is open to probes, which
 * show none; whoever shows a wrong one is told so there, too.
 */
export function tokenCheck(token: string | undefined): MiddlewareHandler {
  return async (context, next) => {
    const given = /^Bearer (.*)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    const probes = given === undefined && open.has(context.req.path)
    if (token !== undefined && !probes && !same(token, given ?? '')) {
      const message = 'the token is missing or does not match (authorization: Bearer TOKEN)'
      return context.json({ error: { kind: 'unauthorized', message } }, 401)
    }
    return next()
  }
}

function same(expected: string, given: string): boolean {
  return timingSafeEqual(digest(expected), digest(given))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
