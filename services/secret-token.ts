import { createHash, randomBytes } from 'node:crypto'

/** A secret that is shown once and stored as its SHA-256: 256 random bits need no slow hash (ASVS 6.5.2). */
export interface SecretToken {
  /** 43 characters of base64url. */
  readonly text: string
  readonly hash: Buffer
}

export function makeSecretToken(): SecretToken {
  const text = randomBytes(32).toString('base64url')
  return { text, hash: hashSecretToken(text) }
}

/** What the database knows a token by. */
export function hashSecretToken(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
