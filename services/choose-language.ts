import type { Tx } from '../db/transaction.ts'
import type { Language } from '../domain/worker-contract.ts'

/** Remembers the language a customer chose. */
export async function chooseLanguage(tx: Tx, input: { customerId: string; language: Language }): Promise<void> {
  await tx.query('update customer set language = $2 where id = $1', [input.customerId, input.language])
}
