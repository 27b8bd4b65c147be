/**
 * Sealed boxes: AES-256-GCM with a key id and additional authenticated data (seed rows S0-060, S0-099).
 * A box is `v1.<key id>.<base64url of iv | ciphertext | tag>`; the AAD names the row it belongs to, so that a box
 * moved to another row does not open.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import { Failure } from './failure.ts'

const ivBytes = 12
const tagBytes = 16
export const keyBytes = 32

export interface Keyring {
  /** Key that seals new boxes. */
  readonly activeKeyId: string
  /** Every key that may open a box, by its id. */
  readonly keys: ReadonlyMap<string, Buffer>
}

/** A key's id: the first 16 hex digits of its SHA-256, which tells nothing about the key. */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('botfleet key id\0').update(key).digest('hex').slice(0, 16)
}

/** Builds a keyring from raw keys of 32 bytes, the first being the active one. */
export function makeKeyring(keys: readonly Buffer[]): Keyring {
  const active = keys[0]
  if (active === undefined) throw new Failure('usage', 'a keyring needs at least one key')
  for (const key of keys) {
    if (key.length !== keyBytes)
      throw new Failure('usage', `a key must be ${keyBytes} bytes, this one has ${key.length}`)
  }
  return { activeKeyId: keyIdOf(active), keys: new Map(keys.map((key) => [keyIdOf(key), key])) }
}

const derived = new WeakMap<Keyring, Map<string, Keyring>>()

/**
 * Keys of a purpose's own, made from these and known by their ids: for what is sealed so often that the random numbers
 * of one key's boxes would begin to meet.
 */
export function keyringFor(keyring: Keyring, purpose: string): Keyring {
  const ofThese = derived.get(keyring) ?? new Map<string, Keyring>()
  derived.set(keyring, ofThese)
  const known = ofThese.get(purpose)
  if (known !== undefined) return known
  const keys = [...keyring.keys].map(
    ([id, key]) => [id, Buffer.from(hkdfSync('sha256', key, '', `botfleet ${purpose}`, keyBytes))] as const,
  )
  const made = { activeKeyId: keyring.activeKeyId, keys: new Map(keys) }
  ofThese.set(purpose, made)
  return made
}

/** Decodes base64 of exactly 32 bytes; throws `usage` naming `source` otherwise, without echoing the value. */
export function decodeKey(text: string, source: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== keyBytes || key.toString('base64') !== text.trim()) {
    throw new Failure('usage', `${source} must be base64 of ${keyBytes} bytes; './botfleet keygen' makes one`)
  }
  return key
}

/**
 * Seals a text or bytes under the active key; `aad` names the row, for example `instance_credential:<id>:telegram_token`.
 */
export function seal(keyring: Keyring, aad: string, plaintext: string | Uint8Array): string {
  const keyId = keyring.activeKeyId
  const iv = freshIv()
  const cipher = createCipheriv('aes-256-gcm', keyOf(keyring, keyId), iv, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(`${keyId}|${aad}`))
  const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext
  const body = Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
  return `v1.${keyId}.${body.toString('base64url')}`
}

/** Opens a sealed text; throws `unavailable` when the key is missing and `internal` when the box was altered or moved. */
export function open(keyring: Keyring, aad: string, box: string): string {
  return openBytes(keyring, aad, box).toString('utf8')
}

/** Opens what was sealed as bytes; throws as `open` does. */
export function openBytes(keyring: Keyring, aad: string, box: string): Buffer {
  const [version, keyId, encoded] = box.split('.')
  if (version !== 'v1' || keyId === undefined || encoded === undefined) {
    throw new Failure('internal', `the sealed value of ${aad} has an unknown format; restore it or set it anew`)
  }
  const body = Buffer.from(encoded, 'base64url')
  if (body.length < ivBytes + tagBytes) throw new Failure('internal', `the sealed value of ${aad} is cut short`)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(keyring, keyId), body.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(`${keyId}|${aad}`))
  decipher.setAuthTag(body.subarray(body.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(body.subarray(ivBytes, body.length - tagBytes)), decipher.final()])
  } catch (cause) {
    throw new Failure('internal', `the sealed value of ${aad} does not open: it was altered or moved`, { cause })
  }
}

/** Random bytes are drawn for many boxes at once: that is most of the time that a small box takes. */
const ivPool = Buffer.alloc(1024 * ivBytes)
let ivPoolUsed = ivPool.length

function freshIv(): Buffer {
  if (ivPoolUsed === ivPool.length) {
    randomFillSync(ivPool)
    ivPoolUsed = 0
  }
  const iv = Buffer.from(ivPool.subarray(ivPoolUsed, ivPoolUsed + ivBytes))
  ivPoolUsed += ivBytes
  return iv
}

/** Keys as the ciphers want them; made anew for each box they would take four times as long as the box. */
const keyObjects = new WeakMap<Buffer, KeyObject>()

function keyOf(keyring: Keyring, keyId: string): KeyObject {
  const key = keyring.keys.get(keyId)
  if (key === undefined) {
    throw new Failure(
      'unavailable',
      `the key ${keyId} that sealed this value is not in AGENT_TOKEN_AES_KEY or BOTFLEET_HOME/keys`,
    )
  }
  const known = keyObjects.get(key)
  if (known !== undefined) return known
  const made = createSecretKey(key)
  keyObjects.set(key, made)
  return made
}
