import type { Queryable } from '../../../db/transaction.ts'

/** Everything in the database, table by table, row by row: two of these are equal when nothing was changed. */
export async function contentsOf(database: Queryable): Promise<Record<string, string[]>> {
  const tables = await database.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  )
  const contents: Record<string, string[]> = {}
  for (const { name } of tables.rows) {
    const { rows } = await database.query<{ row: string }>(`select t::text as row from "${name}" t order by 1`)
    contents[name] = rows.map(({ row }) => row)
  }
  return contents
}

/** Accounts whose balance is not the sum of their transfers: none, ever. */
export async function unbalancedAccounts(database: Queryable): Promise<unknown[]> {
  const { rows } = await database.query(
    `select a.id, a.tenant_id, a.kind, a.balance, s.amount from account a
     left join lateral (
       select coalesce(sum(case when t.to_account = a.id then t.amount else -t.amount end), 0) as amount
       from transfer t where a.id in (t.from_account, t.to_account)
     ) s on true
     where a.balance is not null and a.balance <> s.amount`,
  )
  return rows
}

/** Balances by tenant and kind of account, as decimal strings of USDT; untracked accounts are sums. */
export async function balancesOf(database: Queryable): Promise<Record<string, number>> {
  const { rows } = await database.query<{ name: string; amount: string }>(
    `select a.tenant_id || ' ' || a.kind || coalesce(' ' || c.platform_user_id, '') as name,
       (coalesce(sum(case when t.to_account = a.id then t.amount else -t.amount end), 0) / 1000000.0)::text as amount
     from account a left join transfer t on a.id in (t.from_account, t.to_account)
     left join customer c on c.id = a.customer_id group by 1 order by 1`,
  )
  return Object.fromEntries(rows.map(({ name, amount }) => [name, Number(amount)]))
}
