/**
 * The worker's token: HMAC over instance, epoch and nonce with a key id, so that a rotated key keeps old workers
 * valid (design section 5, point 6). Form: `<instance>.<epoch>.<nonce>.<key id>.<base64url mac>`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Keyring } from './keyring.ts'

export interface WorkerClaim {
  readonly instanceId: string
  readonly epoch: number
  readonly nonce: string
}

/** Signs a worker's claim with the active key. */
export function signWorkerToken(keyring: Keyring, claim: WorkerClaim): string {
  const body = `${claim.instanceId}.${claim.epoch}.${claim.nonce}.${keyring.activeKeyId}`
  return `${body}.${macOf(keyring, keyring.activeKeyId, body)?.toString('base64url') ?? ''}`
}

/** The claim of a token with a valid MAC under any key of the ring; undefined otherwise. */
export function verifyWorkerToken(keyring: Keyring, token: string): WorkerClaim | undefined {
  const [instanceId, epoch, nonce, keyId, mac, ...rest] = token.split('.')
  if (instanceId === undefined || epoch === undefined || nonce === undefined || keyId === undefined) return undefined
  if (mac === undefined || rest.length > 0 || !/^[0-9]{1,15}$/.test(epoch)) return undefined
  const expected = macOf(keyring, keyId, `${instanceId}.${epoch}.${nonce}.${keyId}`)
  const given = Buffer.from(mac, 'base64url')
  if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return { instanceId, epoch: Number(epoch), nonce }
}

function macOf(keyring: Keyring, keyId: string, body: string): Buffer | undefined {
  const key = keyring.keys.get(keyId)
  return key === undefined
    ? undefined
    : createHmac('sha256', key).update('botfleet worker token\0').update(body).digest()
}
