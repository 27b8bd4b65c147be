import type { Request, Response } from 'express'

/** The prefix binds the cookie to this host, its root path and Secure (RFC 6265bis). */
const cookieName = '__Host-sid'

export interface PresentedToken {
  readonly token: string
  /** A browser adds cookies by itself; only those requests can be forged across sites. */
  readonly by: 'cookie' | 'bearer'
}

/** The token of a request, of a session or an API token; `Authorization: Bearer` wins, and a cookie beside it is not looked at. */
export function presentedToken(request: Request): PresentedToken | undefined {
  const bearer = /^Bearer +((?:bfl_[a-z2-7]{8}_)?[\w-]{43})$/i.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return { token: bearer, by: 'bearer' }
  if (/^Bearer\b/i.test(request.headers.authorization ?? '')) return { token: '', by: 'bearer' }
  const cookie = cookieToken(request)
  return cookie === undefined ? undefined : { token: cookie, by: 'cookie' }
}

function cookieToken(request: Request): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === cookieName && value !== undefined && /^[\w-]{43}$/.test(value)) return value
  }
  return undefined
}

const cookieOptions = { secure: true, httpOnly: true, sameSite: 'strict', path: '/' } as const

/** A session cookie of the browser: without Max-Age it ends with the browser; the server ends it earlier. */
export function setSessionCookie(response: Response, token: string): void {
  response.cookie(cookieName, token, cookieOptions)
}

export function clearSessionCookie(response: Response): void {
  response.clearCookie(cookieName, cookieOptions)
}
