import type { ImportRun } from './import-run.ts'
import type { OldCollection } from './old-collections.ts'

/** What each document became: its row here, how it stands in the money, and more that is kept of it. */
const outcomes: Readonly<Record<OldCollection, { target: string; entered?: string; details?: string; from?: string }>> =
  {
    agents: { target: 's.tenant_id' },
    users: {
      target: 'c.id',
      from: `join customer c on c.tenant_id = s.tenant_id and c.platform = 'telegram' and c.platform_user_id = s.buyer`,
    },
    categories: { target: '(select id::text from category where lower(name) = lower(s.name) and archived_at is null)' },
    products: { target: 's.product' },
    stock: {
      target: 'u.unit_id::text',
      entered: `case when n.is_new then coalesce(u.state, 'lost') else 'duplicate' end`,
      from: 'join staged_unit n on n.key = s.key left join unit_target u on u.key = s.key',
    },
    agent_ledger: {
      target: 'p.order_id::text',
      entered: 'coalesce(p.here, s.state)',
      details: `jsonb_build_object('taken_back', coalesce(p.taken_back, 0)::text)`,
      from: 'left join staged_profit p on p.key = s.key',
    },
    orders: {
      target: 't.order_id::text',
      entered: `case when s.state = 'paid' and s.is_refunded then 'refunded' else s.state end`,
      details: `jsonb_build_object('taken_back', coalesce((select p.taken_back from staged_profit p
      where p.order_id = t.order_id), 0)::text)`,
      from: 'left join order_target t on t.key = s.key',
    },
    agent_withdrawals: { target: 's.id' },
    topups: {
      target: 't.top_up_id::text',
      entered: 'u.state',
      from: 'left join top_up_target t on t.key = s.key left join top_up u on u.id = t.top_up_id',
    },
  }

/** Writes down every new document, so that none is imported again, and what changed ones say now. */
export async function recordDocuments(run: ImportRun): Promise<number> {
  let written = 0
  for (const [collection, { target, entered = 's.state', details = `'{}'`, from = '' }] of Object.entries(outcomes)) {
    const { rowCount } = await run.tx.query(
      `insert into imported_document (collection, key, digest, tenant_id, number, state, entered_state, amount, target,
         details)
       select '${collection}', s.key, s.digest, s.tenant_id, s.number, s.state, ${entered}, s.amount, ${target},
         s.details || ${details}
       from staged_${collection} s ${from}
       where s.was is null`,
    )
    written += rowCount
  }
  return written
}
