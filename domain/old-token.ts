/**
 * Opens the bot tokens of the old system: AES-GCM as seed 000 has it (base64 of a nonce of 12 bytes, the ciphertext and
 * a tag of 16, no additional data), or Fernet (https://github.com/fernet/spec, version 0x80). Nothing seals with these.
 */
import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { Failure } from './failure.ts'

const nonceBytes = 12
const tagBytes = 16
const fernetVersion = 0x80
const fernetHeadBytes = 1 + 8 + 16
const macBytes = 32
const aesName: Readonly<Record<number, 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'>> = {
  16: 'aes-128-gcm',
  24: 'aes-192-gcm',
  32: 'aes-256-gcm',
}

/**
 * Reads keys, one a line, base64 or base64url of 16, 24 or 32 bytes (Fernet: 32), also as the line of the old `.env`.
 * Throws `usage` without echoing them.
 */
export function parseOldKeys(text: string): Buffer[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim().replace(/^(?:export\s+)?[A-Z][A-Z0-9_]*_KEY\s*=\s*/, ''))
    .map((line) => line.replace(/^(["'])(.*)\1$/, '$2'))
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length === 0) throw new Failure('usage', '--old-key-file: there is no key in it')
  return lines.map((line, index) => {
    const key = decodeBase64(line)
    if (key !== null && aesName[key.length] !== undefined) return key
    throw new Failure(
      'usage',
      `--old-key-file: key ${index + 1} is not base64 of 16, 24 or 32 bytes: copy the AGENT_TOKEN_AES_KEY of the old .env`,
    )
  })
}

/** The token in a box of the old system, by whichever key opens it; null when none does. */
export function openOldToken(box: string, keys: readonly Buffer[]): string | null {
  for (const key of keys) {
    const token = openFernet(box, key) ?? openAesGcm(box, key)
    if (token !== null) return token
  }
  return null
}

/** Opens an AES-GCM box of seed 000; null when it is altered, no box, or of another key. */
function openAesGcm(box: string, key: Buffer): string | null {
  const name = aesName[key.length]
  const bytes = decodeBase64(box)
  if (name === undefined || bytes === null || bytes.length <= nonceBytes + tagBytes) return null
  const decipher = createDecipheriv(name, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    const plain = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes), undefined, 'utf8')
    return plain + decipher.final('utf8')
  } catch {
    return null
  }
}

/** Opens a Fernet token of whatever age; null when it is altered, no token, or of another key. */
export function openFernet(box: string, key: Buffer): string | null {
  const bytes = decodeBase64(box)
  if (key.length !== 32 || bytes === null || bytes[0] !== fernetVersion) return null
  const cipherBytes = bytes.length - fernetHeadBytes - macBytes
  if (cipherBytes < 16 || cipherBytes % 16 !== 0) return null
  const signed = bytes.subarray(0, bytes.length - macBytes)
  const mac = createHmac('sha256', key.subarray(0, 16)).update(signed).digest()
  if (!timingSafeEqual(mac, bytes.subarray(bytes.length - macBytes))) return null
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(16), bytes.subarray(9, fernetHeadBytes))
  try {
    return decipher.update(signed.subarray(fernetHeadBytes), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}

/** Base64 in either alphabet, padded or not; null for anything else. */
function decodeBase64(text: string): Buffer | null {
  const plain = text.trim().replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  if (plain === '' || /[^A-Za-z0-9+/]/.test(plain)) return null
  const bytes = Buffer.from(plain, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === plain ? bytes : null
}
