import type { Tx } from '../../db/transaction.ts'
import type { Platform } from '../../domain/instance.ts'
import type { Person } from '../../domain/worker-contract.ts'

/**
 * Makes or refreshes the customer that a person is in a tenant's shop, as a turn does (`open_turn`); their language is null
 * until they choose one.
 */
export async function ensureCustomer(
  tx: Tx,
  input: { readonly tenant: string; readonly platform: Platform; readonly person: Omit<Person, 'chatId'> },
): Promise<{ readonly id: string; readonly language: string | null }> {
  const { tenant, platform, person } = input
  const { rows } = await tx.query<{ id: string; language: string | null }>(
    'select id, language from ensure_customer($1, $2, $3, $4, $5, $6)',
    [tenant, platform, person.platformUserId, person.username, person.displayName, person.languageHint],
  )
  const customer = rows[0]
  if (customer === undefined) throw new Error('an upsert returned no customer')
  return customer
}
