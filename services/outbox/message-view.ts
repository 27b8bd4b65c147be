import type { Queryable } from '../../db/transaction.ts'
import type { MessageState } from '../../domain/outbox.ts'

export interface OutboxView {
  readonly id: number
  readonly tenant: string
  /** A customer's id, or a chat. */
  readonly customer: string | null
  readonly chat: string | null
  readonly kind: string
  readonly reference: string
  readonly state: MessageState
  readonly attempts: number
  /** Why it has not gone out yet, in words; null when nothing is known to stand in its way. */
  readonly waits_for: string | null
  readonly last_error: string | null
  readonly instance: string | null
  readonly broadcast: number | null
  readonly created_at: string
  readonly not_before: string
  readonly ended_at: string | null
  readonly payload: Readonly<Record<string, unknown>>
}

export interface MessageFilter {
  readonly ids?: readonly number[] | undefined
  readonly states?: readonly MessageState[] | undefined
  readonly tenant?: string | undefined
  readonly kind?: string | undefined
  /** Only those before this one. */
  readonly before?: number | undefined
  readonly limit: number
}

interface Row extends Omit<OutboxView, 'created_at' | 'not_before' | 'ended_at'> {
  created_at: Date
  not_before: Date
  ended_at: Date | null
}

/** Messages as faces show them, newest first. */
export async function readMessages(tx: Queryable, filter: MessageFilter): Promise<OutboxView[]> {
  const { rows } = await tx.query<Row>(
    `select m.id, m.tenant_id as tenant, m.customer_id as customer, m.chat_id as chat, m.kind, m.reference, m.state,
       m.attempts, m.last_error, m.instance_id as instance, m.broadcast_id as broadcast, m.created_at, m.not_before,
       m.ended_at, m.payload,
       case when m.state = 'queued' then case
         when b.state = 'paused' then 'its broadcast is paused'
         when m.customer_id is not null and not exists (
           select from customer_chat c where c.customer_id = m.customer_id and c.blocked_at is null
         ) then 'the customer: no bot of this shop may write to them (never begun, or blocked)'
         when m.customer_id is not null and not exists (
           select from customer_chat c join instance i on i.id = c.instance_id
           where c.customer_id = m.customer_id and c.blocked_at is null and not bot_is_out(i)
         ) then 'its own bot, which is out: another one cannot write to this customer'
         when m.chat_id is not null and tenant_is_silent(m.tenant_id, m.platform)
           then 'its own bot, which is out, or a chat of this person with the master''s bot'
         when m.not_before > statement_timestamp() then 'its next attempt'
       end end as waits_for
     from outbox_message m left join broadcast b on b.id = m.broadcast_id
     where ($1::bigint[] is null or m.id = any($1)) and ($2::text[] is null or m.state = any($2))
       and ($3::text is null or m.tenant_id = $3) and ($4::text is null or m.kind = $4)
       and ($5::bigint is null or m.id < $5)
     order by m.id desc limit $6`,
    [
      filter.ids ?? null,
      filter.states ?? null,
      filter.tenant ?? null,
      filter.kind ?? null,
      filter.before ?? null,
      filter.limit,
    ],
  )
  return rows.map((row) => ({
    ...row,
    created_at: row.created_at.toISOString(),
    not_before: row.not_before.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  }))
}
