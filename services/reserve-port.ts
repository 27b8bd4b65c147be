import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'

/**
 * Reserves the lowest free port of a server for an instance; the server's row is locked, so two approvals never get
 * the same one. Keeps a port that is reserved already.
 */
export async function reservePort(
  tx: Tx,
  input: { id: string; server: string; port: number | null; portBase: number; portCount: number },
): Promise<void> {
  if (input.port !== null) return
  await tx.query('select 1 from server where name = $1 for no key update', [input.server])
  const reserved = await tx.query(
    `update instance set port = free.port
     from (
       select port from generate_series($3::int, $3::int + $4::int - 1) as port
       where not exists (select 1 from instance i where i.server_name = $2 and i.port = port.port)
       order by port limit 1
     ) as free
     where id = $1`,
    [input.id, input.server, input.portBase, input.portCount],
  )
  if (reserved.rowCount === 0) {
    throw new Failure(
      'conflict',
      `no port is free on ${input.server} from ${input.portBase} to ${input.portBase + input.portCount - 1}: delete a bot, or set WORKER_PORT_COUNT`,
    )
  }
}
