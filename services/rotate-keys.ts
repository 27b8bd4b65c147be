import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { type Keyring, open, seal } from '../domain/keyring.ts'
import { appendAudit } from './append-audit.ts'
import { type CredentialKind, credentialAad } from './store-credential.ts'

export interface RotationStep {
  /** Boxes sealed anew by this call. */
  readonly resealed: number
  /** Boxes still under an older key; call again while there are some. */
  readonly left: number
}

/**
 * Seals a batch of secrets anew under the active key. Each call is one transaction, so a rotation that was interrupted
 * goes on where it stopped. When nothing is left the older keys are retired: they may then be removed.
 */
export async function rotateKeys(
  tx: Tx,
  actor: Actor,
  input: { keyring: Keyring; batchSize: number },
): Promise<RotationStep> {
  assertMay(actor, 'key.rotate')
  const { keyring } = input
  await tx.query(
    `insert into key_fingerprint (key_id) values ($1) on conflict (key_id) do update set retired_at = null`,
    [keyring.activeKeyId],
  )
  const { rows } = await tx.query<{ instance_id: string; kind: CredentialKind; sealed: string }>(
    `select instance_id, kind, sealed from instance_credential where key_id <> $1
     order by instance_id, kind limit $2 for update`,
    [keyring.activeKeyId, input.batchSize],
  )
  for (const row of rows) {
    const aad = credentialAad(row.instance_id, row.kind)
    await tx.query(
      `update instance_credential set sealed = $3, key_id = $4, updated_at = now() where instance_id = $1 and kind = $2`,
      [row.instance_id, row.kind, seal(keyring, aad, open(keyring, aad, row.sealed)), keyring.activeKeyId],
    )
  }
  const remaining = await tx.query<{ left: number }>(
    'select count(*)::int as left from instance_credential where key_id <> $1',
    [keyring.activeKeyId],
  )
  const left = remaining.rows[0]?.left ?? 0
  if (left === 0) await finishRotation(tx, actor, keyring)
  return { resealed: rows.length, left }
}

async function finishRotation(tx: Tx, actor: Actor, keyring: Keyring): Promise<void> {
  const retired = await tx.query<{ key_id: string }>(
    'update key_fingerprint set retired_at = now() where key_id <> $1 and retired_at is null returning key_id',
    [keyring.activeKeyId],
  )
  await appendAudit(tx, actor, {
    action: 'key.rotate',
    targetKind: 'key',
    targetId: keyring.activeKeyId,
    tenantId: null,
    details: { retired: retired.rows.map((row) => row.key_id) },
  })
}
