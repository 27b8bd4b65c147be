import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { openRow } from './sealing.ts'

/**
 * The credentials of a bot's device, and whether it is really linked; null where there are none. Throws `SessionError`
 * when they do not open.
 */
export async function openSession(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
): Promise<{ readonly creds: string | null; readonly linked: boolean }> {
  const [found] = await fencedCall<{ sealed: string; linked: boolean }>(database, 'whatsapp_open', claim)
  if (found === undefined) return { creds: null, linked: false }
  const row = { table: 'whatsapp_session', instanceId: claim.instanceId, row: '' } as const
  return { creds: openRow(keyring, row, found.sealed), linked: found.linked }
}
