import { randomUUID } from 'node:crypto'
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { CustomerDetails } from '../../domain/customer.ts'
import { Failure } from '../../domain/failure.ts'
import { auditCustomer } from './audit-customer.ts'
import { lockCustomer } from './lock-customer.ts'
import { showCustomer } from './show-customer.ts'

export interface EraseCustomer {
  readonly id: string
  /** Go on although there is a balance, which nobody can spend afterwards. */
  readonly withBalance: boolean
}

/**
 * Erases who a customer was: name, id on the platform, language, chats, what it was asked for, what it wished for and
 * what it was still to be told. Orders, payments and the ledger stay, under an id that says nothing. Whoever writes again
 * is a new customer. Throws `conflict` while there is a balance, unless told to go on.
 */
export async function eraseCustomer(tx: Tx, actor: Actor, input: EraseCustomer): Promise<CustomerDetails> {
  const customer = await lockCustomer(tx, actor, { id: input.id, permission: 'customer.erase' })
  const before = await showCustomer(tx, actor, { id: customer.id })
  const left = before.balances.filter(({ amount }) => amount !== '0')
  if (left.length > 0 && !input.withBalance) {
    const words = left.map(({ amount, currency }) => `${amount} ${currency}`).join(', ')
    throw new Failure(
      'conflict',
      `${customer.id} still has ${words}: refund it first, or say that it may be given up`,
      {
        details: { balances: left },
      },
    )
  }
  await tx.query(
    `delete from whatsapp_identity w using customer c
     where c.id = $1 and w.tenant_id = c.tenant_id and c.platform_user_id in (w.lid, w.phone)`,
    [customer.id],
  )
  await tx.query(
    `update customer set platform_user_id = $2, username = null, display_name = null, language = null,
       language_hint = null, blocked_at = null, blocked_reason = null, broadcasts_off_at = null, erased_at = clock_timestamp()
     where id = $1`,
    [customer.id, `erased:${randomUUID()}`],
  )
  for (const table of ['customer_chat', 'conversation_state', 'restock_wish']) {
    await tx.query(`delete from ${table} where customer_id = $1`, [customer.id])
  }
  await tx.query(
    `update outbox_message set payload = '{}', last_error = null,
       state = case when state = 'sent' then state else 'dropped' end, ended_at = coalesce(ended_at, clock_timestamp())
     where customer_id = $1`,
    [customer.id],
  )
  await tx.query(
    `update top_up set state = 'cancelled', ended_at = clock_timestamp(), ended_by = $2
     where customer_id = $1 and state = 'requested'`,
    [customer.id, actor.name],
  )
  await auditCustomer(tx, actor, customer, 'erase', { balances: left })
  return showCustomer(tx, actor, { id: customer.id })
}
