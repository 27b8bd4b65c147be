import type { Queryable } from '../../db/transaction.ts'

const batchSize = 2000

/**
 * Makes a batch of profits available whose time has come (seed rows S0-095 to S0-097), debts repaid first. Several servers
 * may do it at once.
 * @returns how many; call again while it is not zero.
 */
export async function matureProfits(tx: Queryable, input: { actor: string }): Promise<number> {
  const { rows } = await tx.query<{ matured: number }>('select mature_profits($1, $2) as matured', [
    batchSize,
    input.actor,
  ])
  return rows[0]?.matured ?? 0
}
