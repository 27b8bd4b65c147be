import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { type Keyring, open, openBytes, seal } from '../domain/keyring.ts'
import { totpAad } from './access/second-factor.ts'
import { appendAudit } from './append-audit.ts'
import { resealFingerprintKey, resealUnits } from './stock/reseal-stock.ts'
import { type CredentialKind, credentialAad } from './store-credential.ts'
import { resealRows } from './whatsapp/reseal-rows.ts'

export interface RotationStep {
  /** Boxes sealed anew by this call: secrets of instances and of authenticators. */
  readonly credentials: number
  /** What WhatsApp bots keep: credentials and keys of devices, and messages. */
  readonly whatsapp: number
  readonly units: number
  /** Where the next call goes on; undefined when nothing is left under an older key. */
  readonly next: number | undefined
}

export interface RotateKeys {
  readonly keyring: Keyring
  readonly batchSize: number
  /** What the call before gave as `next`; 0 begins. */
  readonly after: number
}

/**
 * Seals a batch of secrets anew under the active key: credentials and authenticators first, then what WhatsApp bots keep, then goods. Each call is one transaction, so a
 * rotation that was interrupted begins again and goes on where it stopped. When nothing is left the older keys are
 * retired: they may then be removed. Needs `key.rotate`.
 */
export async function rotateKeys(tx: Tx, actor: Actor, input: RotateKeys): Promise<RotationStep> {
  assertMay(actor, 'key.rotate')
  const { keyring, after } = input
  await tx.query(
    `insert into key_fingerprint (key_id) values ($1) on conflict (key_id) do update set retired_at = null`,
    [keyring.activeKeyId],
  )
  const credentials = (await resealCredentials(tx, input)) + (await resealTotp(tx, input))
  if (credentials > 0) return { credentials, whatsapp: 0, units: 0, next: after }
  const whatsapp = await resealRows(tx, input)
  if (whatsapp > 0) return { credentials, whatsapp, units: 0, next: after }
  await resealFingerprintKey(tx, keyring)
  const units = await resealUnits(tx, input)
  if (units !== undefined) return { credentials, whatsapp, units: units.resealed, next: units.last }
  return { credentials, whatsapp, units: 0, next: (await finishRotation(tx, actor, keyring)) ? undefined : 0 }
}

async function resealCredentials(tx: Tx, { keyring, batchSize }: RotateKeys): Promise<number> {
  const { rows } = await tx.query<{ instance_id: string; kind: CredentialKind; sealed: string }>(
    `select instance_id, kind, sealed from instance_credential where key_id <> $1
     order by instance_id, kind limit $2 for update`,
    [keyring.activeKeyId, batchSize],
  )
  for (const row of rows) {
    const aad = credentialAad(row.instance_id, row.kind)
    await tx.query(
      `update instance_credential set sealed = $3, key_id = $4, updated_at = now() where instance_id = $1 and kind = $2`,
      [row.instance_id, row.kind, seal(keyring, aad, open(keyring, aad, row.sealed)), keyring.activeKeyId],
    )
  }
  return rows.length
}

async function resealTotp(tx: Tx, { keyring, batchSize }: RotateKeys): Promise<number> {
  const { rows } = await tx.query<{ user_id: string; sealed: string }>(
    'select user_id, sealed from user_totp where key_id <> $1 order by user_id limit $2 for update',
    [keyring.activeKeyId, batchSize],
  )
  for (const row of rows) {
    const aad = totpAad(row.user_id)
    await tx.query('update user_totp set sealed = $2, key_id = $3 where user_id = $1', [
      row.user_id,
      seal(keyring, aad, openBytes(keyring, aad, row.sealed)),
      keyring.activeKeyId,
    ])
  }
  return rows.length
}

/**
 * Retires the older keys, and looks once more: whoever was sealing under one of them has held its row until the commit.
 * @returns false when something is left after all: then nothing was retired.
 */
async function finishRotation(tx: Tx, actor: Actor, keyring: Keyring): Promise<boolean> {
  // Whoever writes what a WhatsApp bot keeps, or an authenticator, holds this lock until its commit (use_key).
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('sealing under ' || key_id, 0)) from key_fingerprint
     where key_id <> $1 and retired_at is null`,
    [keyring.activeKeyId],
  )
  const retired = await tx.query<{ key_id: string }>(
    'update key_fingerprint set retired_at = now() where key_id <> $1 and retired_at is null returning key_id',
    [keyring.activeKeyId],
  )
  const keys = retired.rows.map((row) => row.key_id)
  const { rows } = await tx.query<{ left: boolean }>(
    `select exists (select from instance_credential where key_id <> $1)
       or exists (select from user_totp where key_id <> $1)
       or exists (select from stock_key where key_id <> $1)
       or exists (select from whatsapp_session where key_id <> $1)
       or exists (select from whatsapp_key where key_id <> $1)
       or exists (select from whatsapp_message where key_id <> $1)
       or exists (select from pairing where key_id <> $1)
       or exists (select from handled_update where key_id <> $1 and body is not null)
       or exists (select from stock_unit where key_id <> $1) as left`,
    [keyring.activeKeyId],
  )
  if (rows[0]?.left === true) {
    await tx.query('update key_fingerprint set retired_at = null where key_id = any($1)', [keys])
    return false
  }
  await appendAudit(tx, actor, {
    action: 'key.rotate',
    targetKind: 'key',
    targetId: keyring.activeKeyId,
    tenantId: null,
    details: { retired: keys },
  })
  return true
}
