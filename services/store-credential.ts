import type { Tx } from '../db/transaction.ts'
import { type Keyring, seal } from '../domain/keyring.ts'

export type CredentialKind = 'telegram_token' | 'mtproto'

/** The row a credential belongs to, authenticated with it. */
export function credentialAad(instanceId: string, kind: CredentialKind): string {
  return `instance_credential:${instanceId}:${kind}`
}

/** Seals a secret of an instance under the active key and stores it, replacing an earlier one. */
export async function storeCredential(
  tx: Tx,
  keyring: Keyring,
  input: { instanceId: string; kind: CredentialKind; secret: string },
): Promise<void> {
  const box = seal(keyring, credentialAad(input.instanceId, input.kind), input.secret)
  await tx.query(
    `insert into key_fingerprint (key_id) values ($1) on conflict (key_id) do update set retired_at = null
     where key_fingerprint.retired_at is not null`,
    [keyring.activeKeyId],
  )
  await tx.query(
    `insert into instance_credential (instance_id, kind, key_id, sealed) values ($1, $2, $3, $4)
     on conflict (instance_id, kind) do update set key_id = excluded.key_id, sealed = excluded.sealed, updated_at = now()`,
    [input.instanceId, input.kind, keyring.activeKeyId, box],
  )
}
