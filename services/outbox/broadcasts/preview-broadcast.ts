import { randomUUID } from 'node:crypto'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import { Failure } from '../../../domain/failure.ts'
import { enqueue } from '../enqueue.ts'
import { lockBroadcast } from './lock-broadcast.ts'

/**
 * Sends a broadcast to its author alone, as customers will see it: to `customerId` where the author asks in a chat, else
 * to the chats that are linked to the author's user. Throws `conflict` when there is no such chat.
 * @returns to how many chats it goes.
 */
export async function previewBroadcast(
  tx: Tx,
  actor: Actor,
  input: { readonly id: number; readonly customerId?: string },
): Promise<number> {
  const { id, customerId } = input
  const { tenant } = await lockBroadcast(tx, actor, { id })
  const message = {
    tenant,
    kind: 'broadcast',
    payload: { broadcast: id },
    reference: `preview:${randomUUID()}`,
  } as const
  if (customerId !== undefined) {
    await enqueue(tx, { ...message, customerId })
    return 1
  }
  const { rows } = await tx.query<{ id: string }>(
    `select c.id from chat_identity l
     join customer c on c.platform = l.platform and c.platform_user_id = l.platform_user_id and c.tenant_id = $2
     where l.user_id = $1 and exists (
       select from customer_chat h where h.customer_id = c.id and h.blocked_at is null
     )`,
    [actor.userId, tenant],
  )
  if (rows.length === 0) {
    throw new Failure(
      'conflict',
      `no chat of yours with a bot of ${tenant}: link it by ./botfleet user link, and write /start to that bot`,
    )
  }
  for (const { id: author } of rows) await enqueue(tx, { ...message, customerId: author })
  return rows.length
}
