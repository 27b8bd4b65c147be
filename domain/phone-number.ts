import { Failure } from './failure.ts'

/** Normalises a phone number to E.164: `+` and 7 to 15 digits; spaces, dashes, dots and brackets are dropped. */
export function parsePhoneNumber(text: string): string {
  const compact = text.replace(/[\s().-]/g, '').replace(/^00/, '+')
  const number = compact.startsWith('+') ? compact : `+${compact}`
  if (/^\+[1-9][0-9]{6,14}$/.test(number)) return number
  throw new Failure('usage', 'a phone number is written with its country code, for example +1234567890')
}
