import type { Tx } from '../../db/transaction.ts'

/**
 * Ends the requests to pair whose time is over, on whatever server: nobody is wished to pair any more. A device that was
 * linked at the last moment is not called expired. Rows that somebody holds are left to the next look.
 * @param overdue requests that have lasted as long as they may by a clock that does not jump.
 * @returns the bots concerned.
 */
export async function endDuePairings(
  tx: Tx,
  { overdue = [] }: { readonly overdue?: readonly number[] } = {},
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select i.id from instance i
     where (i.desired = 'pairing' or exists (select from pairing p where p.instance_id = i.id and is_open_step(p.step)))
       and not exists (select from pairing p
         where p.instance_id = i.id and is_open_step(p.step) and p.until > clock_timestamp() and p.id <> all($1))
     order by i.id for update of i skip locked`,
    [overdue],
  )
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return []
  await tx.query(
    `update pairing p set step = case when exists (
         select from whatsapp_session s where s.instance_id = p.instance_id and s.linked_at >= p.requested_at
       ) then 'linked' else 'expired' end,
       reason = 'the time for it is over'
     where p.instance_id = any($1) and is_open_step(p.step)`,
    [ids],
  )
  await tx.query(`update instance set desired = 'stopped' where id = any($1) and desired = 'pairing'`, [ids])
  return ids
}
