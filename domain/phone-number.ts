import { Failure } from './failure.ts'

/**
 * Normalises a phone number to E.164: `+` and 7 to 15 digits, the country code first. A leading 00 is a `+`; spaces, dashes,
 * dots, brackets, and the unseen marks that phones copy along are dropped. Throws `usage`.
 */
export function parsePhoneNumber(text: string): string {
  const compact = text.replace(/[\s().\p{Pd}\p{Cf}]/gu, '').replace(/^00/, '+')
  const number = compact.startsWith('+') ? compact : `+${compact}`
  if (/^\+[1-9][0-9]{6,14}$/.test(number)) return number
  throw new Failure(
    'usage',
    'a phone number is written with its country code, 7 to 15 digits, for example +491701234567',
  )
}
