/**
 * The rules of passwords (facts/panel-and-security.md 4.1, ASVS 6.2): a length in bytes, no composition rules, a list
 * of refused ones, and exact bytes: nothing is trimmed, folded or cut off.
 */
import { Failure } from './failure.ts'
import { refusedPasswords } from './refused-passwords.ts'

const passwordBytesMin = 8
export const passwordBytesMax = 512

/** Throws `usage`, without the password in it, unless this may become the password of that user. */
export function assertPasswordAllowed(username: string, password: string): void {
  const refusal = refusalOf(username, password)
  if (refusal !== undefined) throw new Failure('usage', `this password cannot be used: ${refusal}`)
}

/** Whether a text could be anybody's password; what is not needs no hashing to be wrong. */
export function isPasswordShaped(password: string): boolean {
  const bytes = Buffer.byteLength(password)
  // A lone surrogate has no bytes of its own: every one of them would be hashed as the same replacement character.
  return bytes >= passwordBytesMin && bytes <= passwordBytesMax && password.isWellFormed()
}

function refusalOf(username: string, password: string): string | undefined {
  const bytes = Buffer.byteLength(password)
  if (bytes < passwordBytesMin) return `it has ${bytes} bytes, use at least ${passwordBytesMin}`
  if (bytes > passwordBytesMax) return `it has ${bytes} bytes, use at most ${passwordBytesMax}`
  if (!password.isWellFormed()) return 'it is not well-formed Unicode'
  const folded = password.toLowerCase()
  if (folded === username.toLowerCase()) return 'it is the username'
  if (new Set(folded).size === 1) return 'it repeats one character'
  if (refusedPasswords.has(folded)) return 'it is one of those that everybody tries first'
  return undefined
}
