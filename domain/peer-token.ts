/**
 * How one server of a database proves itself to another: an HMAC with a key that both derive from the shared keyring, over
 * whom it asks, what, and when. It is good for half a minute, for one server, for one request.
 * Form: `<milliseconds since 1970>.<nonce>.<key id>.<base64url mac>`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Keyring, keyringFor } from './keyring.ts'

/** How far the clocks of two servers may be apart, the way included. */
export const peerTokenMs = 30_000

export interface PeerRequest {
  /** The server that is asked. */
  readonly server: string
  readonly method: string
  /** Path and query, as they are sent. */
  readonly target: string
}

/** Signs a request with the active key; `nonce` is random, of letters and digits. */
export function signPeerRequest(
  keyring: Keyring,
  request: PeerRequest,
  { atMs, nonce }: { readonly atMs: number; readonly nonce: string },
): string {
  const keyId = keyring.activeKeyId
  const body = `${atMs}.${nonce}.${keyId}`
  return `${body}.${macOf(keyring, keyId, request, body)?.toString('base64url') ?? ''}`
}

/** The nonce of a token that is good for this request now, under any key of the ring; undefined otherwise. */
export function verifyPeerRequest(
  keyring: Keyring,
  request: PeerRequest,
  token: string,
  nowMs: number,
): string | undefined {
  const [, at, nonce, keyId, mac] = /^(\d{1,15})\.([A-Za-z0-9]{16,64})\.([0-9a-f]{16})\.([\w-]{43})$/.exec(token) ?? []
  if (at === undefined || nonce === undefined || keyId === undefined || mac === undefined) return undefined
  const expected = macOf(keyring, keyId, request, `${at}.${nonce}.${keyId}`)
  const given = Buffer.from(mac, 'base64url')
  if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return Math.abs(nowMs - Number(at)) <= peerTokenMs ? nonce : undefined
}

function macOf(keyring: Keyring, keyId: string, request: PeerRequest, body: string): Buffer | undefined {
  const key = keyringFor(keyring, 'peer requests').keys.get(keyId)
  if (key === undefined) return undefined
  const { server, method, target } = request
  return createHmac('sha256', key)
    .update(JSON.stringify([server, method, target, body]))
    .digest()
}
