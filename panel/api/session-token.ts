import type { Request, Response } from 'express'
import { keepsSecureCookie, type OriginRules } from './origin.ts'

/** The prefix binds the cookie to this host, its root path and Secure (RFC 6265bis). */
const secureName = '__Host-sid'
/** Where PLAIN_HTTP is set, for an address without TLS, of which browsers keep no Secure cookie. */
const plainName = 'sid'

/** The cookie of a session at the address of this request; undefined where a browser would drop it. */
function cookieOf(request: Request, rules: OriginRules): { name: string; secure: boolean } | undefined {
  if (keepsSecureCookie(rules, request.headers.host)) return { name: secureName, secure: true }
  return rules.plainHttp ? { name: plainName, secure: false } : undefined
}

export interface PresentedToken {
  readonly token: string
  /** A browser adds cookies by itself; only those requests can be forged across sites. */
  readonly by: 'cookie' | 'bearer'
}

/** The token of a request, of a session or an API token; `Authorization: Bearer` wins, and a cookie beside it is not looked at. */
export function presentedToken(request: Request, rules: OriginRules): PresentedToken | undefined {
  const bearer = /^Bearer +((?:bfl_[a-z2-7]{8}_)?[\w-]{43})$/i.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return { token: bearer, by: 'bearer' }
  if (/^Bearer\b/i.test(request.headers.authorization ?? '')) return { token: '', by: 'bearer' }
  const cookie = cookieToken(request, rules)
  return cookie === undefined ? undefined : { token: cookie, by: 'cookie' }
}

function cookieToken(request: Request, rules: OriginRules): string | undefined {
  const cookieName = cookieOf(request, rules)?.name ?? secureName
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === cookieName && value !== undefined && /^[\w-]{43}$/.test(value)) return value
  }
  return undefined
}

const cookieOptions = { httpOnly: true, sameSite: 'strict', path: '/' } as const

/**
 * A session cookie of the browser: without Max-Age it ends with the browser; the server ends it earlier. @returns whether
 * it was set, which it is only where a browser keeps it.
 */
export function setSessionCookie(request: Request, response: Response, rules: OriginRules, token: string): boolean {
  const cookie = cookieOf(request, rules)
  if (cookie !== undefined) response.cookie(cookie.name, token, { ...cookieOptions, secure: cookie.secure })
  return cookie !== undefined
}

export function clearSessionCookie(request: Request, response: Response, rules: OriginRules): void {
  const { name, secure } = cookieOf(request, rules) ?? { name: secureName, secure: true }
  response.clearCookie(name, { ...cookieOptions, secure })
}
