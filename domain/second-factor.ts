/** What faces show of a person's second factor, and the codes for when the authenticator is lost. */
import { randomBytes } from 'node:crypto'
import { encodeBase32 } from './base32.ts'

/** A person's own second factor, as `GET /api/me/second-factor` shows it. */
export interface SecondFactorView {
  /** Whether a login asks for a code. */
  enabled: boolean
  confirmed_at: string | null
  recovery_codes_left: number
}

export const recoveryCodeCount = 10
/** 120 bits: above the 112 from which a fast hash is right (ASVS 6.5.2). */
const recoveryCodeBytes = 15

/** Codes that work once each, as they are shown: four groups of six characters. */
export function makeRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodeCount }, () => {
    const text = encodeBase32(randomBytes(recoveryCodeBytes)).toLowerCase()
    return [0, 6, 12, 18].map((at) => text.slice(at, at + 6)).join('-')
  })
}

/** A recovery code as it is hashed: however it was typed, without groups and in small letters. */
export function plainRecoveryCode(text: string): string {
  return text.replaceAll(/[\s-]/g, '').toLowerCase()
}
