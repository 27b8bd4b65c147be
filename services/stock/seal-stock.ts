/** Goods made ready for the shelf: sealed, and with a fingerprint by which the same goods are known again unread. */
import { createHmac, createSecretKey } from 'node:crypto'
import { type Keyring, seal } from '../../domain/keyring.ts'
import { stockAad } from './open-stock-unit.ts'

export interface SealedUnit {
  readonly sealed: string
  /** Base64 of 32 bytes. */
  readonly fingerprint: string
}

/** Seals goods of one product. */
export interface Sealer {
  readonly keyId: string
  fingerprint(goods: Uint8Array): string
  seal(goods: Uint8Array): string
}

/** The product is in the fingerprint, so that equal goods of two products do not look alike. */
export function makeSealer(product: string, keyring: Keyring, fingerprintKey: Buffer): Sealer {
  const key = createSecretKey(fingerprintKey)
  const aad = stockAad(product)
  return {
    keyId: keyring.activeKeyId,
    fingerprint: (goods) => createHmac('sha256', key).update(`${product}\0`).update(goods).digest('base64'),
    seal: (goods) => seal(keyring, aad, goods),
  }
}
