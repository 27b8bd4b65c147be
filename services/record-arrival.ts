import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/transaction.ts'
import { type Language, languages, type Person } from '../domain/worker-contract.ts'
import type { FencedInstance } from './fence.ts'

export interface ArrivedCustomer {
  readonly customerId: string
  readonly language: Language | null
}

/**
 * Notes that a person wrote to a bot: the customer of the bot's tenant is made or refreshed, the chat is known and no
 * longer blocked, the instance has been active.
 */
export async function recordArrival(tx: Tx, instance: FencedInstance, person: Person): Promise<ArrivedCustomer> {
  const customers = await tx.query<{ id: string; language: string | null }>(
    `insert into customer (id, tenant_id, platform, platform_user_id, username, display_name, language_hint)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_id, platform, platform_user_id) do update
       set username = excluded.username, display_name = excluded.display_name, last_seen_at = now(),
         language_hint = coalesce(excluded.language_hint, customer.language_hint)
     returning id, language`,
    [
      randomUUID(),
      instance.tenant,
      instance.platform,
      person.platformUserId,
      person.username,
      person.displayName,
      person.languageHint,
    ],
  )
  const customer = customers.rows[0]
  if (customer === undefined) throw new Error('an upsert returned no customer')
  await tx.query(
    `insert into customer_chat (instance_id, customer_id, chat_id) values ($1, $2, $3)
     on conflict (instance_id, customer_id) do update set chat_id = excluded.chat_id, blocked_at = null
     where customer_chat.blocked_at is not null or customer_chat.chat_id <> excluded.chat_id`,
    [instance.instanceId, customer.id, person.chatId],
  )
  return { customerId: customer.id, language: languages.find((known) => known === customer.language) ?? null }
}
