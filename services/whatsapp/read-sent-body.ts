import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { GatewayRequest } from '../../domain/worker-contract.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { openMessage } from './sealed-message.ts'
import { blindingOf, readRow } from './sealing.ts'

/** What a message to one of these chats said; null when it is not known any more, or does not open. */
export async function readSentBody(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
  { chats, id }: GatewayRequest<'waSentBody'>,
): Promise<string | null> {
  const { instanceId } = claim
  const blind = await blindingOf(database, keyring, instanceId)
  const ids = chats.map((chat) => blind('message', chat, id))
  const [found] = await fencedCall<{ id: Buffer; sealed: string }>(database, 'whatsapp_body', claim, [ids])
  if (found === undefined) return null
  const row = { table: 'whatsapp_message', instanceId, row: found.id.toString('hex') } as const
  const text = readRow(keyring, row, found.sealed)
  return text === null ? null : openMessage(text).body
}
