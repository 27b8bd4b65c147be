import type { Queryable } from '../db/transaction.ts'
import { type Keyring, open } from '../domain/keyring.ts'
import { type CredentialKind, credentialAad } from './store-credential.ts'

/** Opens a stored secret; undefined when the instance has none. Throws when it does not open. */
export async function readCredential(
  database: Queryable,
  keyring: Keyring,
  input: { instanceId: string; kind: CredentialKind },
): Promise<string | undefined> {
  const { rows } = await database.query<{ sealed: string }>(
    'select sealed from instance_credential where instance_id = $1 and kind = $2',
    [input.instanceId, input.kind],
  )
  const box = rows[0]?.sealed
  return box === undefined ? undefined : open(keyring, credentialAad(input.instanceId, input.kind), box)
}
