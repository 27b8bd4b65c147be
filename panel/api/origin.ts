/**
 * Who may speak to the panel from a browser (facts/panel-and-security.md 3.4): the Host header is checked against DNS
 * rebinding, the origin of unsafe requests against cross-site forgery, and the session cookie is only set where a
 * browser keeps a Secure one.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { Failure } from '../../domain/failure.ts'
import { isLoopbackHost, plainPlaces } from '../../domain/loopback.ts'

export interface OriginRules {
  /** Origins such as `https://panel.example` under which a TLS proxy shows this panel. */
  readonly publicOrigins: readonly string[]
  /** Whether the panel listens on loopback only; then a Host that is neither loopback nor public is refused. */
  readonly loopbackOnly: boolean
  /** Whether somebody has asked for a panel without TLS beyond this machine. */
  readonly plainHttp: boolean
}

/**
 * Throws `usage` where passwords would cross a network in plain and nobody has asked for that. @returns whether the
 * panel is shown so all the same.
 */
export function assertEncrypted(rules: OriginRules, host: string): boolean {
  const { origins, isBare } = plainPlaces(host, rules.publicOrigins)
  const [plain] = isBare ? [...origins, `HOST=${host}`] : origins
  if (plain === undefined || rules.plainHttp) return plain !== undefined
  throw new Failure(
    'usage',
    `${plain} would show the panel to other machines without TLS: put a TLS proxy in front and its address into PUBLIC_URL, or set PLAIN_HTTP=1 on a network that nobody else can read`,
  )
}

/** Throws `not_allowed` for a Host that this panel is not known by. */
export function assertHostKnown(rules: OriginRules, host: string | undefined): void {
  if (!rules.loopbackOnly || isLoopbackName(host) || publicOriginOf(rules, host) !== undefined) return
  throw new Failure('not_allowed', 'this panel is not known by that host name: use the address it prints at its start')
}

/** Whether a browser keeps a Secure cookie of this host: loopback, or a public origin with TLS. */
export function keepsSecureCookie(rules: OriginRules, host: string | undefined): boolean {
  return isLoopbackName(host) || publicOriginOf(rules, host)?.startsWith('https://') === true
}

/**
 * Throws `not_allowed` unless an unsafe request comes from our own pages: `Sec-Fetch-Site`, where present, is
 * same-origin; `Origin`, where present, is ours; and one of the two is present, unless `senderMayBeSilent`
 * (a request without a cookie: curl sends neither).
 */
export function assertOwnOrigin(
  rules: OriginRules,
  headers: IncomingHttpHeaders,
  options: { readonly senderMayBeSilent: boolean },
): void {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') throw crossSite(`Sec-Fetch-Site is ${JSON.stringify(site)}`)
  if (origin !== undefined && !isOwnOrigin(rules, origin, host)) throw crossSite('Origin is another site')
  if (site === undefined && origin === undefined && !options.senderMayBeSilent) {
    throw crossSite('neither Origin nor Sec-Fetch-Site is there; programs use Authorization: Bearer')
  }
}

function crossSite(reason: string): Failure {
  return new Failure('not_allowed', `this request does not come from the panel's own pages: ${reason}`)
}

function isOwnOrigin(rules: OriginRules, origin: string, host: string | undefined): boolean {
  const publicOrigin = publicOriginOf(rules, host)
  if (publicOrigin !== undefined) return origin === publicOrigin
  return host !== undefined && origin === `http://${host.toLowerCase()}`
}

function publicOriginOf(rules: OriginRules, host: string | undefined): string | undefined {
  return rules.publicOrigins.find((origin) => new URL(origin).host === host?.toLowerCase())
}

function isLoopbackName(host: string | undefined): boolean {
  return host !== undefined && isLoopbackHost(host.toLowerCase().replace(/:\d{1,5}$/, ''))
}
