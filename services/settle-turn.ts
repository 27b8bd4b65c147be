import type { Queryable } from '../db/transaction.ts'
import type { Keyring } from '../domain/keyring.ts'
import type { GatewayRequest } from '../domain/worker-contract.ts'
import { type Fence, fencedCall } from './fence.ts'
import { sealMessages } from './whatsapp/sealed-message.ts'
import { blindingOf } from './whatsapp/sealing.ts'

/**
 * Ends turns, in one statement: these updates are answered, so that a redelivery is not answered again and their words are
 * not kept; the person is asked for something from now on, or for nothing; what is to go out is written down, and so is how far
 * the bot has come.
 */
export async function settleTurn(
  database: Queryable,
  claim: Fence,
  keyring: () => Keyring,
  { updateKeys, asked, sending: messages = [], reached }: GatewayRequest<'answered'>,
): Promise<void> {
  const state = asked?.state ?? null
  await fencedCall(database, 'settle_turn', claim, [
    updateKeys,
    asked !== null,
    asked?.platformUserId ?? null,
    state === null ? null : JSON.stringify(state),
    ...(await sealed()),
    reached ?? null,
  ])

  async function sealed(): Promise<unknown[]> {
    if (messages.length === 0) return [null, [], []]
    const { instanceId } = claim
    const keys = keyring()
    const blind = await blindingOf(database, keys, instanceId)
    const { ids, boxes } = sealMessages(keys, blind, { instanceId, messages })
    return [keys.activeKeyId, ids, boxes]
  }
}
