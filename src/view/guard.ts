// Who may look. On a loopback address: anybody on this machine, but no page of another site that
// has its name resolve to us. On another address: whoever brings the token.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

const cookie = 'retool-view'

const headers = {
  // Styles in attributes are what KaTeX sets formulas with; scripts come from our own files only.
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    // No text becomes markup anywhere: the page has no use of innerHTML and its like.
    "require-trusted-types-for 'script'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** `token` is null on a loopback address, where the name of the host is checked in its place. */
export function guard(token: string | null): MiddlewareHandler {
  return async (context, next) => {
    const allowed = token === null ? isLocal(context) : bringsToken(context, token)
    if (!allowed) {
      return context.text(
        token === null ? 'open this page as localhost' : 'open the address with its token',
        403,
      )
    }
    await next()
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    return undefined
  }
}

export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host)
}

function isLocal(context: Context): boolean {
  const host = context.req.header('host') ?? ''
  return isLoopback(host.replace(/:\d+$/, ''))
}

/** The token comes once in the address; a cookie that no script can read carries it from there. */
function bringsToken(context: Context, token: string): boolean {
  const given = context.req.query('token')
  if (given !== undefined && same(given, token)) {
    setCookie(context, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' })
    return true
  }
  return same(getCookie(context, cookie) ?? '', token)
}

/** In a time that does not tell how much of it was right. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
