import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { pendingMax } from '../../domain/whatsapp-calls.ts'
import type { GatewayAnswer } from '../../domain/worker-contract.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { openMessage } from './sealed-message.ts'
import { readRow } from './sealing.ts'

interface PendingRow {
  readonly update_key: string | null
  readonly message_id: Buffer | null
  readonly sealed: string
}

/**
 * What a worker that begins finds undone, oldest first: messages that were not answered, and what was to go out. Words
 * that do not open hold up nothing: a message's are null, and an answer's are left out.
 */
export async function listPending(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
): Promise<GatewayAnswer<'waPending'>> {
  const { instanceId } = claim
  const rows = await fencedCall<PendingRow>(database, 'whatsapp_pending', claim, [pendingMax + 1])
  const arrived = rows.flatMap(({ update_key: updateKey, sealed }) => {
    if (updateKey === null) return []
    return [{ updateKey, body: readRow(keyring, { table: 'handled_update', instanceId, row: updateKey }, sealed) }]
  })
  const boxes = rows.filter(({ message_id: id }) => id !== null)
  const queued = boxes.slice(0, pendingMax).flatMap(({ message_id: id, sealed }) => {
    const row = { table: 'whatsapp_message', instanceId, row: id?.toString('hex') ?? '' } as const
    const text = readRow(keyring, row, sealed)
    return text === null ? [] : [openMessage(text)]
  })
  const more = arrived.length > pendingMax || boxes.length > pendingMax
  return { arrived: arrived.slice(0, pendingMax), queued, more }
}
