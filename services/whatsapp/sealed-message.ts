/** A message that goes out as it stands in its row: with its chat and its id, which the row itself has blinded. */
import type { Keyring } from '../../domain/keyring.ts'
import type { SendingMessage } from '../../domain/whatsapp-calls.ts'
import { type Blind, sealRow } from './sealing.ts'

/** Ids and boxes of messages, as `queue_messages` takes them. */
export function sealMessages(
  keyring: Keyring,
  blind: Blind,
  { instanceId, messages }: { instanceId: string; messages: readonly SendingMessage[] },
): { ids: Buffer[]; boxes: string[] } {
  const ids = messages.map(({ chat, id }) => blind('message', chat, id))
  const boxes = messages.map(({ chat, id, body }, at) => {
    const row = ids[at]?.toString('hex') ?? ''
    return sealRow(keyring, { table: 'whatsapp_message', instanceId, row }, JSON.stringify([chat, id, body]))
  })
  return { ids, boxes }
}

/** What `sealMessages` has sealed. */
export function openMessage(text: string): SendingMessage {
  const [chat, id, body] = JSON.parse(text) as [string, string, string]
  return { chat, id, body }
}
