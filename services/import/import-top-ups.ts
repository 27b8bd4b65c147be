import type { ImportRun } from './import-run.ts'
import { oldCurrency } from './row.ts'

/** The provider of the payments behind top-ups of the old system. */
const provider = 'import'

/**
 * Top-ups in the states that they had. Of open ones the newest of each amount stays open while its time runs; the others
 * have expired. A confirmed one has its payment, which is credited once for ever.
 * Leaves the temporary table `top_up_target` (key, top_up_id).
 */
export async function importTopUps(run: ImportRun): Promise<void> {
  const { tx, actor } = run
  await tx.query('create temporary table top_up_target (key text, top_up_id bigint) on commit drop')
  await tx.query(
    `with wanted as (
       select s.*, c.id as customer_id, coalesce(s.pay_until, s.created_at + interval '1 day') as until,
         s.state = 'requested' and coalesce(s.pay_until, s.created_at + interval '1 day') > now()
         and row_number() over (partition by c.id, s.amount, s.state order by s.created_at desc, s.line desc) = 1
         and not exists (select from top_up t where t.customer_id = c.id and t.amount = s.amount and t.state = 'requested')
           as is_open
       from staged_topups s
       join customer c on c.tenant_id = s.tenant_id and c.platform = 'telegram' and c.platform_user_id = s.buyer
       where s.was is null
     ), stored as (
       insert into top_up (tenant_id, customer_id, key, currency, amount, state, created_at, pay_until, ended_at, ended_by,
         reason)
       select tenant_id, customer_id, 'import:' || key, $1, amount,
         case when state = 'requested' and not is_open then 'expired' else state end, created_at, until,
         case when not is_open then coalesce(ended_at, until) end, case when not is_open then $2 end,
         case when state = 'rejected' then 'rejected in the old system' end
       from wanted order by created_at, line
       returning id, key
     )
     insert into top_up_target select substr(key, 8), id from stored`,
    [oldCurrency, actor.name],
  )
  await tx.query('create index on top_up_target (key)')
  await tx.query('analyze top_up_target')
  await importPayments(run)
}

async function importPayments({ tx, actor }: ImportRun): Promise<void> {
  await tx.query(
    `insert into payment (provider, external_id, top_up_id, tenant_id, customer_id, currency, amount, at, actor)
     select $1, left(coalesce(s.external_id, s.key), 200), u.id, u.tenant_id, u.customer_id, u.currency, u.amount,
       coalesce(u.ended_at, u.created_at), $2
     from staged_topups s join top_up_target t on t.key = s.key join top_up u on u.id = t.top_up_id
     where s.was is null and s.state = 'confirmed'`,
    [provider, actor.name],
  )
}
