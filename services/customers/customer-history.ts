import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { TransactionView } from '../../domain/customer.ts'
import { showCustomer } from './show-customer.ts'
import { type TransactionsPage, transactionsOf } from './transactions-of.ts'

/** The money of one customer, newest first; an agent sees its own shop's. Throws `not_found`. */
export async function customerHistory(
  database: Queryable,
  actor: Actor,
  input: { readonly id: string } & TransactionsPage,
): Promise<TransactionView[]> {
  const { tenant } = await showCustomer(database, actor, { id: input.id })
  return transactionsOf(database, { tenant, customerId: input.id }, input)
}
