import { totpCode, totpCounter } from '../../domain/totp.ts'

/** An authenticator that was given this secret: what it shows so many steps of 30 s from now. */
export function authenticatorOf(base32: string): (step?: number) => string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = Array.from(base32, (letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  return (step = 0) => totpCode(secret, totpCounter(Date.now()) + step)
}
