import { languages } from '../../domain/worker-contract.ts'
import { type ImportRun, noteLines } from './import-run.ts'

/** Users become customers of their tenant; who is a customer here already stays the same one. */
export async function importCustomers(run: ImportRun): Promise<void> {
  await run.tx.query(
    `insert into customer (id, tenant_id, platform, platform_user_id, username, display_name, language, created_at,
       last_seen_at, blocked_at, blocked_reason)
     select gen_random_uuid()::text, tenant_id, 'telegram', buyer, left(username, 64), left(display_name, 200),
       case when left(language, 2) = any($1) then left(language, 2) end, coalesce(created_at, seen_at, now()),
       coalesce(seen_at, created_at, now()), case when blocked then now() end,
       case when blocked then 'blocked in the old system' end
     from staged_users where was is null order by line
     on conflict (tenant_id, platform, platform_user_id) do nothing`,
    [languages],
  )
  await importBuyers(run)
}

/** Who bought or topped up and is not among the users: a customer with nothing in the account. */
async function importBuyers(run: ImportRun): Promise<void> {
  for (const [collection, time] of [
    ['orders', 'at'],
    ['topups', 'created_at'],
  ] as const) {
    const { rows } = await run.tx.query<{ line: number }>(
      `with buyer as (
         select tenant_id, buyer, min(line) as line, min(${time}) as first from staged_${collection}
         where was is null group by tenant_id, buyer
       ), made as (
         insert into customer (id, tenant_id, platform, platform_user_id, created_at, last_seen_at)
         select gen_random_uuid()::text, tenant_id, 'telegram', buyer, first, first from buyer
         on conflict (tenant_id, platform, platform_user_id) do nothing returning id, tenant_id, platform_user_id
       ), noted as (
         insert into imported_document (collection, key, digest, tenant_id, state, entered_state, target)
         select 'users', 'buyer:' || id, sha256(''), tenant_id, 'made', 'made', id
         from made
       )
       select line from made join buyer on buyer.tenant_id = made.tenant_id and buyer.buyer = made.platform_user_id
       order by line`,
    )
    noteLines(run, collection, {
      about: `buyers_of_${collection}`,
      message: `customers of ${collection} who are not among the users were made, with nothing in their accounts`,
      lines: rows.map(({ line }) => line),
    })
  }
}
