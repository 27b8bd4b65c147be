/**
 * What a WhatsApp bot keeps, made unreadable: values are sealed under keys of the instance's own, each for its own row;
 * ids, which hold phone numbers, are blinded.
 */
import { createHmac } from 'node:crypto'
import type { Queryable } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'
import { type Keyring, keyringFor, open, seal } from '../../domain/keyring.ts'
import { fingerprintKey } from '../stock/fingerprint-key.ts'
import { SessionError } from './session-error.ts'

/** Tables with sealed rows of an instance. */
export type SealedTable = 'whatsapp_session' | 'whatsapp_key' | 'whatsapp_message' | 'handled_update' | 'pairing'

/** One row: its table, and its key within the instance as text, bytes in hex. */
export interface SealedRow {
  readonly table: SealedTable
  readonly instanceId: string
  readonly row: string
}

/** The row that a box belongs to, authenticated with it. */
function aadOf({ table, instanceId, row }: SealedRow): string {
  return `${table}|${instanceId}|v1|${row}`
}

function ownKeyring(keyring: Keyring, instanceId: string): Keyring {
  return keyringFor(keyring, `whatsapp ${instanceId}`)
}

export function sealRow(keyring: Keyring, row: SealedRow, text: string): string {
  return seal(ownKeyring(keyring, row.instanceId), aadOf(row), text)
}

/** Throws `SessionError` when the key is missing, or the box was altered, moved or made by a version unknown here. */
export function openRow(keyring: Keyring, row: SealedRow, box: string): string {
  try {
    return open(ownKeyring(keyring, row.instanceId), aadOf(row), box)
  } catch (error) {
    if (error instanceof Failure) throw new SessionError(error.message, { cause: error })
    throw error
  }
}

/** The same where nothing hangs on it: null when it does not open. */
export function readRow(keyring: Keyring, row: SealedRow, box: string): string | null {
  try {
    return openRow(keyring, row, box)
  } catch (error) {
    if (error instanceof SessionError) return null
    throw error
  }
}

/** The blinded name of something of an instance: 32 bytes, the same for the same words. */
export type Blind = (kind: 'key' | 'message', first: string, second: string) => Buffer

const blindingKeys = new WeakMap<Queryable, Buffer>()

/** It is made of the key of the fingerprints, which never changes, also when the keys that seal do: read once. */
export async function blindingOf(database: Queryable, keyring: Keyring, instanceId: string): Promise<Blind> {
  const known = blindingKeys.get(database) ?? (await readKey(database, keyring))
  blindingKeys.set(database, known)
  const own = createHmac('sha256', known).update(`whatsapp ${instanceId}`).digest()
  return (kind, first, second) =>
    createHmac('sha256', own)
      .update(JSON.stringify([kind, first, second]))
      .digest()
}

async function readKey(database: Queryable, keyring: Keyring): Promise<Buffer> {
  try {
    return await fingerprintKey(database, keyring)
  } catch (error) {
    if (error instanceof Failure && error.code === 'internal') throw new SessionError(error.message, { cause: error })
    throw error
  }
}
