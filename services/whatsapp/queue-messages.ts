import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { SendingMessage } from '../../domain/whatsapp-calls.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { sealMessages } from './sealed-message.ts'
import { blindingOf } from './sealing.ts'

/** Notes what is about to go out; a message that is known already stays as it is. */
export async function queueMessages(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
  { messages }: { readonly messages: readonly SendingMessage[] },
): Promise<void> {
  const { instanceId } = claim
  const blind = await blindingOf(database, keyring, instanceId)
  const { ids, boxes } = sealMessages(keyring, blind, { instanceId, messages })
  await fencedCall(database, 'whatsapp_sending', claim, [keyring.activeKeyId, ids, boxes])
}
