import type { Queryable } from '../db/transaction.ts'

/**
 * Frees an instance's lease row after its worker is provably gone (or never got its identity). Guarded by the
 * supervisor's own epoch, so a supervisor that lost its name writes nothing.
 * @returns whether the row was released.
 */
export async function releaseInstance(
  database: Queryable,
  input: { instanceId: string; epoch: number; server: string; serverEpoch: number },
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update instance_lease l set phase = 'idle', process = null, port = null, may_run_until = null
     from server s
     where l.instance_id = $1 and l.epoch = $2 and l.phase <> 'idle' and l.server_name = $3
       and s.name = $3 and s.server_epoch = $4`,
    [input.instanceId, input.epoch, input.server, input.serverEpoch],
  )
  return rowCount === 1
}
