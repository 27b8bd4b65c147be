/**
 * Time-based one-time passwords (RFC 6238 on RFC 4226): SHA-1, six digits, 30 seconds, which is what every
 * authenticator app knows.
 */
import { createHmac } from 'node:crypto'
import { encodeBase32 } from './base32.ts'

/** Bytes of a secret: as many as SHA-1 gives (RFC 4226, section 4). */
export const totpSecretBytes = 20
const stepMs = 30_000
const digits = 6
/** Steps before and after the present one whose codes are taken, for clocks that are off. */
const stepsOff = 1

/** What an authenticator shows for a counter: six digits. */
export function totpCode(secret: Uint8Array, counter: number): string {
  const moving = Buffer.alloc(8)
  moving.writeBigUInt64BE(BigInt(counter))
  const digest = createHmac('sha1', secret).update(moving).digest()
  const offset = digest.readUInt8(digest.length - 1) & 0xf
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The counter of a moment, in milliseconds since 1970. */
export function totpCounter(nowMs: number): number {
  return Math.floor(nowMs / stepMs)
}

/**
 * The counter that a code is good for at this moment, which must be above `lastCounter`: a code is good once
 * (RFC 6238, section 5.2). Undefined for a wrong, an old and a used code.
 */
export function matchTotp(
  secret: Uint8Array,
  input: { readonly code: string; readonly nowMs: number; readonly lastCounter: number },
): number | undefined {
  const now = totpCounter(input.nowMs)
  for (let counter = now - stepsOff; counter <= now + stepsOff; counter += 1) {
    if (counter > input.lastCounter && totpCode(secret, counter) === input.code) return counter
  }
  return undefined
}

/** Whether a text can be an authenticator's code. */
export function isTotpShaped(text: string): boolean {
  return /^\d{6}$/.test(text)
}

/** The address that an authenticator reads from a QR code. */
export function totpUri(secret: Uint8Array, username: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(username)}`
  return `otpauth://totp/${label}?secret=${encodeBase32(secret)}&issuer=${encodeURIComponent(issuer)}`
}
