import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { GatewayRequest } from '../../domain/worker-contract.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { blindingOf, openRow } from './sealing.ts'

/** Keys of a device by their ids; null for those that there are not. Throws `SessionError` when one does not open. */
export async function readKeys(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
  { type, ids }: GatewayRequest<'waKeys'>,
): Promise<Record<string, string | null>> {
  const { instanceId } = claim
  const blind = await blindingOf(database, keyring, instanceId)
  const rowOf = new Map(ids.map((id) => [id, blind('key', type, id)]))
  const rows = await fencedCall<{ id: Buffer; sealed: string }>(database, 'whatsapp_keys', claim, [[...rowOf.values()]])
  const boxes = new Map(rows.map(({ id, sealed }) => [id.toString('hex'), sealed]))
  const values = [...rowOf].map(([id, blinded]) => {
    const row = blinded.toString('hex')
    const box = boxes.get(row)
    return [id, box === undefined ? null : openRow(keyring, { table: 'whatsapp_key', instanceId, row }, box)] as const
  })
  return Object.fromEntries(values)
}
