import { type ImportRun, noteLines } from './import-run.ts'
import { oldCurrency } from './row.ts'

/** Whose name stands where the old system kept none. */
const nobody = 'old system'
const noTxid = 'not recorded: '

/** Requests in the states that they had; those that are open go on here, with today's number of approvals. */
export async function importWithdrawals(run: ImportRun): Promise<void> {
  const { tx } = run
  await tx.query(
    `insert into withdrawal (id, tenant_id, key, currency, amount, fee, address, state, approvals_needed, requested_at,
       requested_by, requested_by_user, requester_platform, requester_platform_user_id, reviewed_at, reviewed_by, reason,
       paid_at, paid_by, txid)
     select w.id, w.tenant_id, 'import:' || w.key, $1, w.amount, w.fee, w.address, w.state,
       case when w.state = 'requested' and w.amount > $2::bigint then 2 else 1 end, w.requested_at,
       coalesce('owner:telegram:' || w.requested_by, $3), c.user_id,
       case when w.requested_by is not null then 'telegram' end, w.requested_by, w.reviewed_at,
       case when w.state in ('approved', 'paid', 'rejected') then coalesce(w.reviewed_by, $3) end,
       case when w.state = 'rejected' then coalesce(w.reason, 'no reason was recorded') else w.reason end,
       case when w.state = 'paid' then w.paid_at end, case when w.state = 'paid' then coalesce(w.paid_by, $3) end,
       case when w.state = 'paid' then coalesce(w.txid, $4 || w.id) end
     from staged_agent_withdrawals w
     left join chat_identity c on c.platform = 'telegram' and c.platform_user_id = w.requested_by
     where w.was is null order by w.requested_at, w.line`,
    [oldCurrency, run.twoPeopleAbove.toString(), nobody, noTxid],
  )
  await tx.query(
    `insert into withdrawal_approval (withdrawal_id, approver, actor, at)
     select id, coalesce(reviewed_by, $1), coalesce(reviewed_by, $1), coalesce(reviewed_at, requested_at)
     from staged_agent_withdrawals where was is null and state in ('approved', 'paid')`,
    [nobody],
  )
  const { rows } = await tx.query<{ line: number }>(
    `select line from staged_agent_withdrawals where was is null and state = 'paid' and txid is null order by line`,
  )
  noteLines(run, 'agent_withdrawals', {
    about: 'paid_without_txid',
    message: `paid withdrawals without a txid say "${noTxid.trim()}" there`,
    lines: rows.map(({ line }) => line),
  })
}
