import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { GatewayRequest } from '../../domain/worker-contract.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { blindingOf } from './sealing.ts'

/** Notes how far messages have got. They only go on: what comes late or again changes nothing. */
export async function noteSent(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
  { changes }: GatewayRequest<'waSent'>,
): Promise<void> {
  const blind = await blindingOf(database, keyring, claim.instanceId)
  await fencedCall(database, 'whatsapp_sent', claim, [
    changes.map(({ chat, id }) => blind('message', chat, id)),
    changes.map(({ state }) => state),
    changes.map(({ state, reason }) => (state === 'failed' ? (reason ?? 'no reason was given') : null)),
  ])
}
