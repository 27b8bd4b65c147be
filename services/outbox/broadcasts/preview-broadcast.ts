import { randomUUID } from 'node:crypto'
import type { Tx } from '../../../db/transaction.ts'
import { type Actor, assertMay } from '../../../domain/actor.ts'
import { Failure } from '../../../domain/failure.ts'
import { enqueue } from '../enqueue.ts'
import { lockBroadcast } from './lock-broadcast.ts'

/**
 * Sends a broadcast to its author alone, as customers will see it: to `customerId` where the author asks in a chat, else
 * to the chats that are linked to the author's user, or to another one's by `username`, which needs `user.read`: it says
 * who there is. Throws `conflict` when there is no
 * such chat.
 * @returns to how many chats it goes.
 */
export async function previewBroadcast(
  tx: Tx,
  actor: Actor,
  input: { readonly id: number; readonly customerId?: string; readonly username?: string | undefined },
): Promise<number> {
  const { id, customerId, username = null } = input
  const { tenant } = await lockBroadcast(tx, actor, { id })
  if (username !== null) assertMay(actor, 'user.read')
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
    `select c.id from chat_identity l join app_user u on u.id = l.user_id and u.disabled_at is null
     join customer c on c.platform = l.platform and c.platform_user_id = l.platform_user_id and c.tenant_id = $2
     where (case when $3::text is null then u.id = $1 else u.username = $3 end) and exists (
       select from customer_chat h where h.customer_id = c.id and h.blocked_at is null
     )`,
    [actor.userId, tenant, username],
  )
  if (rows.length === 0) {
    throw new Failure(
      'conflict',
      `${username === null ? 'you have' : `${username} has`} no chat with a bot of ${tenant}: ./botfleet user link, then /start to that bot`,
    )
  }
  for (const { id: author } of rows) await enqueue(tx, { ...message, customerId: author })
  return rows.length
}
