import { randomUUID } from 'node:crypto'
import type { Tx } from '../../db/transaction.ts'
import type { Platform } from '../../domain/instance.ts'
import type { Person } from '../../domain/worker-contract.ts'

/** Makes or refreshes the customer that a person is in a tenant's shop; their language is null until they choose one. */
export async function ensureCustomer(
  tx: Tx,
  input: { readonly tenant: string; readonly platform: Platform; readonly person: Omit<Person, 'chatId'> },
): Promise<{ readonly id: string; readonly language: string | null }> {
  const { tenant, platform, person } = input
  const { rows } = await tx.query<{ id: string; language: string | null }>(
    `insert into customer (id, tenant_id, platform, platform_user_id, username, display_name, language_hint)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_id, platform, platform_user_id) do update
       set username = excluded.username, display_name = excluded.display_name, last_seen_at = now(),
         language_hint = coalesce(excluded.language_hint, customer.language_hint)
     returning id, language`,
    [randomUUID(), tenant, platform, person.platformUserId, person.username, person.displayName, person.languageHint],
  )
  const customer = rows[0]
  if (customer === undefined) throw new Error('an upsert returned no customer')
  return customer
}
