import type { Tx } from '../db/transaction.ts'
import { type Language, languages, type Person } from '../domain/worker-contract.ts'
import { ensureCustomer } from './customers/ensure-customer.ts'
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
  const { tenant, platform } = instance
  const customer = await ensureCustomer(tx, { tenant, platform, person })
  await tx.query(
    `insert into customer_chat (instance_id, customer_id, chat_id) values ($1, $2, $3)
     on conflict (instance_id, customer_id) do update set chat_id = excluded.chat_id, blocked_at = null
     where customer_chat.blocked_at is not null or customer_chat.chat_id <> excluded.chat_id`,
    [instance.instanceId, customer.id, person.chatId],
  )
  return { customerId: customer.id, language: languages.find((known) => known === customer.language) ?? null }
}
