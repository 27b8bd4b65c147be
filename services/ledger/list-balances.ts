import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'

export interface BalanceView {
  readonly tenant: string
  readonly kind: string
  readonly currency: Currency
  /** A decimal string: what came less what went; of customers, all of theirs together. */
  readonly balance: string
  readonly accounts: number
}

/**
 * What every tenant's accounts hold, by kind and currency, from the transfers: debts are below zero, and so is what came
 * from outside (`top_up`, `adjustment`). All of a currency together are 0. Needs `ledger.read`.
 */
export async function listBalances(
  tx: Queryable,
  actor: Actor,
  input: { tenant?: string | undefined } = {},
): Promise<BalanceView[]> {
  assertMay(actor, 'ledger.read')
  const { rows } = await tx.query<BalanceView>(
    `with moved as (
       select account_id, sum(amount) as amount
       from (select to_account as account_id, amount from transfer union all select from_account, - amount from transfer) as legs
       group by account_id
     )
     select a.tenant_id as tenant, a.kind, a.currency, sum(coalesce(m.amount, 0))::text as balance, count(*) as accounts
     from account a left join moved m on m.account_id = a.id
     where $1::text is null or a.tenant_id = $1
     group by a.tenant_id, a.kind, a.currency order by a.tenant_id <> 'master', a.tenant_id, a.kind, a.currency`,
    [input.tenant ?? null],
  )
  return rows.map((row) => ({ ...row, balance: formatAmount(BigInt(row.balance), row.currency) }))
}
