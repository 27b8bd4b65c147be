import { type ImportRun, refuseWhere } from './import-run.ts'

/**
 * Documents that were imported before and say something else now. An import follows steps that lead forward, as long as
 * what is here has not gone another way meanwhile; everything else is refused.
 */
export async function checkChanges(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'orders',
    `select s.line, format('it has changed since it became order %s here, which stays as it is: change that, and leave it out', d.target) as why
     from staged_orders s join imported_document d on d.collection = 'orders' and d.key = s.key
     where s.was is not null order by s.line`,
  )
  await refuseWhere(
    run,
    'agent_ledger',
    `select s.line, format('it was a profit of order %s when it was imported, and is %s now: refund the order here, and leave it out',
       d.target, s.state) as why
     from staged_agent_ledger s join imported_document d on d.collection = 'agent_ledger' and d.key = s.key
     where s.was is not null and not (d.amount = s.amount and d.number = s.number and d.tenant_id = s.tenant_id
       and (s.was, s.state) in (('pending', 'pending'), ('pending', 'matured'), ('pending', 'withdrawn'),
         ('matured', 'matured'), ('matured', 'withdrawn'), ('withdrawn', 'withdrawn')))
     order by s.line`,
  )
  await checkStock(run)
  await checkWithdrawals(run)
  await checkTopUps(run)
}

async function checkStock(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'stock',
    `select s.line, case
         when u.product_id <> s.product or u.fingerprint <> decode(s.fingerprint, 'base64')
           then format('its goods have changed since they became unit %s here', u.id)
         when (s.was, s.state) in (('available', 'sold'), ('available', 'reserved'), ('available', 'spoilt'))
           then format('it is %s there, and %s here, as unit %s: find out who has the goods, and leave it out', s.state, u.state, u.id)
         else format('it was %s when it was imported, and is %s now: change unit %s here, and leave it out', s.was, s.state, u.id)
       end as why
     from staged_stock s join imported_document d on d.collection = 'stock' and d.key = s.key
     join stock_unit u on u.id = d.target::bigint
     where s.was is not null and not (u.product_id = s.product and u.fingerprint = decode(s.fingerprint, 'base64') and (
       s.was = s.state or (s.was = 'available' and s.state in ('sold', 'reserved', 'spoilt') and u.state in ('available', 'spoilt'))
       or (s.was = 'reserved' and s.state in ('sold', 'spoilt') and u.state = 'spoilt')))
     order by s.line`,
  )
}

async function checkWithdrawals(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'agent_withdrawals',
    `select s.line, case
         when (w.amount, w.fee, w.address) is distinct from (s.amount, s.fee, s.address)
           then format('its amount, fee or address has changed since it was imported as %s', w.id)
         when w.state <> s.was then format('it is %s there, and %s here: the one that holds is %s here, leave it out', s.state, w.state, w.id)
         when w.approvals_needed > 1 then format('%s needs %s people here: approve it here, then import again', w.id, w.approvals_needed)
         else format('it was %s when it was imported, and is %s now', s.was, s.state) end as why
     from staged_agent_withdrawals s join imported_document d on d.collection = 'agent_withdrawals' and d.key = s.key
     join withdrawal w on w.id = d.target
     where s.was is not null and not ((w.amount, w.fee, w.address) = (s.amount, s.fee, s.address) and (s.was = s.state
       or ((s.was, s.state) in (('requested', 'approved'), ('requested', 'paid'), ('requested', 'rejected'),
           ('requested', 'cancelled'), ('approved', 'paid'), ('approved', 'rejected'))
         and (w.state = s.state or (w.state = s.was
           and (w.approvals_needed = 1 or s.was = 'approved' or s.state in ('rejected', 'cancelled')))))))
     order by s.line`,
  )
}

async function checkTopUps(run: ImportRun): Promise<void> {
  await refuseWhere(
    run,
    'topups',
    `select s.line, case when t.amount <> s.amount then format('its amount has changed since it became top-up %s here', t.id)
         else format('it is %s there, and %s here, as top-up %s: leave it out', s.state, t.state, t.id) end as why
     from staged_topups s join imported_document d on d.collection = 'topups' and d.key = s.key
     join top_up t on t.id = d.target::bigint
     where s.was is not null and not (t.amount = s.amount and (s.was = s.state or (s.was = 'requested' and (t.state = s.state
       or t.state = 'requested' or (t.state = 'expired' and s.state = 'confirmed')))))
     order by s.line`,
  )
}
