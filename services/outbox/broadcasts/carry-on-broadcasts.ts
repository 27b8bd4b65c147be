import type { Queryable } from '../../../db/transaction.ts'

const batchMax = 1000
const dropMax = 5000

/**
 * Does a batch of what a broadcast still needs: queues its next recipients, drops what waits of a cancelled one, notes that
 * one is done. Several servers may do it at once.
 * @returns whether there may be more to do.
 */
export async function carryOnBroadcasts(tx: Queryable): Promise<boolean> {
  const { rows } = await tx.query<{ id: number }>(
    `select id from broadcast where state = 'sending' and filled_at is null order by id limit 1 for update skip locked`,
  )
  const id = rows[0]?.id
  if (id !== undefined) {
    await queueRecipients(tx, id)
    return true
  }
  const dropped = await tx.query(
    `update outbox_message set state = 'dropped', ended_at = clock_timestamp(), last_error = 'the broadcast was cancelled'
     where id = any(array(
       select m.id from broadcast b join outbox_message m on m.broadcast_id = b.id and m.state = 'queued'
       where b.state = 'cancelled' limit ${dropMax} for update of m skip locked
     ))`,
  )
  await tx.query(
    `update broadcast b set state = 'done', ended_at = clock_timestamp()
     where b.state = 'sending' and b.filled_at is not null and not exists (
       select from outbox_message m where m.broadcast_id = b.id and m.state in ('queued', 'claimed')
     )`,
  )
  return dropped.rowCount > 0
}

/** Queues a broadcast to the next of its recipients, of which there may be very many. The broadcast is locked. */
export async function queueRecipients(tx: Queryable, id: number): Promise<void> {
  // In the order of the index that finds a tenant's customers; how far it came is kept as `platform:person`.
  const { rows } = await tx.query<{ next: string | null }>(
    `with batch as materialized (
       select c.id, c.platform, c.platform_user_id, c.tenant_id,
         c.blocked_at is null and c.erased_at is null and c.broadcasts_off_at is null and exists (
           select from customer_chat h where h.customer_id = c.id and h.blocked_at is null
         ) as wanted
       from broadcast b join customer c on c.tenant_id = b.tenant_id
         and (b.filled_to is null or (c.platform, c.platform_user_id)
           > (split_part(b.filled_to, ':', 1), substr(b.filled_to, strpos(b.filled_to, ':') + 1)))
       where b.id = $1 order by c.platform, c.platform_user_id limit ${batchMax}
     ), queued as (
       insert into outbox_message (tenant_id, customer_id, kind, payload, reference, broadcast_id, bulk)
       select tenant_id, id, 'broadcast', jsonb_build_object('broadcast', $1::bigint), $1::bigint::text, $1, true
       from batch where wanted
       on conflict on constraint outbox_message_once do nothing
     )
     select (select platform || ':' || platform_user_id from batch order by platform desc, platform_user_id desc limit 1) as next`,
    [id],
  )
  const next = rows[0]?.next ?? null
  await tx.query(
    `update broadcast set filled_to = coalesce($2, filled_to), filled_at = case when $2::text is null then clock_timestamp() end
     where id = $1`,
    [id, next],
  )
}
