import type { Queryable } from '../db/transaction.ts'

/**
 * Frees an instance's lease row after its worker is provably gone (or never got its identity). Guarded by the
 * supervisor's own epoch, so a supervisor that lost its name writes nothing. A bot that was moved meanwhile is shown as
 * stopped until its new server takes it up, since that one has not seen it yet.
 * @returns whether the row was released.
 */
export async function releaseInstance(
  database: Queryable,
  input: { instanceId: string; epoch: number; server: string; serverEpoch: number },
): Promise<boolean> {
  const { rows } = await database.query<{ released: number }>(
    `with released as (
       update instance_lease l set phase = 'idle', process = null, port = null, may_run_until = null
       from server s
       where l.instance_id = $1 and l.epoch = $2 and l.phase <> 'idle' and l.server_name = $3
         and s.name = $3 and s.server_epoch = $4
       returning l.instance_id
     ), handed_over as (
       update instance i set state = 'stopped', last_error = null, attempt = 0, next_try_at = null
       from released
       where i.id = released.instance_id and i.server_name <> $3
         and i.state in ('starting', 'pairing', 'connecting', 'running', 'stopping', 'backoff')
     )
     select count(*)::int as released from released`,
    [input.instanceId, input.epoch, input.server, input.serverEpoch],
  )
  return rows[0]?.released === 1
}
