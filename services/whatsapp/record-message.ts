import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { GatewayAnswer, GatewayRequest } from '../../domain/worker-contract.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { sealRow } from './sealing.ts'

/** Puts a message that came into the inbox, before anything is done about it; once for each update key. */
export async function recordMessage(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
  { updateKey, body }: GatewayRequest<'waArrived'>,
): Promise<GatewayAnswer<'waArrived'>> {
  const row = { table: 'handled_update', instanceId: claim.instanceId, row: updateKey } as const
  const values = [updateKey, keyring.activeKeyId, sealRow(keyring, row, body)]
  const [noted] = await fencedCall<GatewayAnswer<'waArrived'>>(database, 'whatsapp_arrived', claim, values)
  if (noted === undefined) throw new Error('a function with a row of its own returned none')
  return noted
}
