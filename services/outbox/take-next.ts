import type { Queryable } from '../../db/transaction.ts'
import type { OutboxMessage } from '../../domain/outbox-calls.ts'
import type { Fence, FencedInstance } from '../fence.ts'

/** How long a message stays in a worker's hands before another bot of the tenant may take it. */
export const leaseSeconds = 300
/** After so many attempts a message is a dead letter: about three hours. */
const attemptsMax = 12

export interface TakeNext {
  readonly chatId: string
  readonly bulk: boolean
  readonly answerMark: string | null
}

/** A message with what it needs besides its goods; `customerId` is null for a chat of the staff. */
export interface TakenMessage extends Omit<OutboxMessage, 'goods'> {
  readonly tenant: string
  readonly customerId: string | null
}

interface Row {
  id: number
  kind: string
  payload: OutboxMessage['payload']
  tenant_id: string
  customer_id: string | null
  parts_sent: number
  answer_marks: string[]
  language: string | null
  shop: string | null
  html: string | null
}

/**
 * Hands a worker the next message for a chat: in the chat's order, one at a time, to be asked in the chat's own queue. A
 * message that another bot has in hand is left to it until its lease ends; one that an earlier worker of the same bot
 * had comes again, with the marks by which it can be found in the chat.
 */
export async function takeNext(
  tx: Queryable,
  claim: Fence,
  instance: FencedInstance,
  input: TakeNext,
): Promise<TakenMessage | null> {
  const { rows } = await tx.query<Row>(
    `select m.id, m.kind, m.payload, m.tenant_id, m.customer_id, m.parts_sent, m.answer_marks,
       coalesce(p.language, p.language_hint) as language, w.shop, w.html
     from outbox_next($1, $2, $3, $4, $5, $6, $7 * interval '1 second') as m
     left join customer p on p.id = coalesce(m.customer_id, (
       select own.id from customer own
       where own.tenant_id = $8 and own.platform = m.platform and own.platform_user_id = m.chat_id
     ))
     left join lateral words_of_message(m.id, $1) w on true
     where m.id is not null`,
    [
      claim.instanceId,
      claim.epoch,
      input.chatId,
      input.bulk,
      input.answerMark,
      attemptsMax,
      leaseSeconds,
      instance.tenant,
    ],
  )
  const row = rows[0]
  if (row === undefined) return null
  return {
    id: row.id,
    kind: row.kind,
    payload: row.payload,
    language: row.language,
    onBehalfOf: row.shop,
    html: row.html,
    partsSent: row.parts_sent,
    earlierMarks: row.answer_marks,
    tenant: row.tenant_id,
    customerId: row.customer_id,
  }
}
