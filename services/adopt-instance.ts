import type { Queryable } from '../db/transaction.ts'

/**
 * Takes over the running worker of an earlier supervisor of this name, after its own heartbeat proved its epoch and
 * nonce and its process identity was checked (design section 5, point 6). Only then may it be granted time.
 * Asked again, because the answer was lost, it says the same.
 * @returns whether the row is ours now; false when it was released or taken meanwhile.
 */
export async function adoptInstance(
  database: Queryable,
  input: { instanceId: string; epoch: number; nonce: string; server: string; serverEpoch: number },
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update instance_lease l set phase = 'held', server_epoch = s.server_epoch, may_run_until = null
     from server s
     where l.instance_id = $1 and l.epoch = $2 and l.nonce = $3 and l.server_name = $4
       and (l.phase = 'adopting' or (l.phase = 'held' and l.server_epoch = s.server_epoch))
       and s.name = $4 and s.server_epoch = $5 and s.lease_until > clock_timestamp()`,
    [input.instanceId, input.epoch, input.nonce, input.server, input.serverEpoch],
  )
  return rowCount === 1
}
