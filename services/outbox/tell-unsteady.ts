import type { Queryable } from '../../db/transaction.ts'
import { enqueueToAdmins } from './enqueue.ts'

/** Tells admins of a bot whose connection its channel keeps ending: once an hour, however often it is called. */
export async function tellUnsteady(
  tx: Queryable,
  given: { readonly instanceId: string; readonly times: number; readonly withinMs: number },
): Promise<void> {
  const { instanceId, times, withinMs } = given
  const { rows } = await tx.query<{ name: string; hour: string }>(
    `select name, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24') as hour from instance where id = $1`,
    [instanceId],
  )
  for (const { name, hour } of rows) {
    await enqueueToAdmins(tx, {
      kind: 'bot_unsteady',
      payload: { instance: instanceId, name, times, minutes: Math.round(withinMs / 60_000) },
      reference: `${instanceId}:${hour}`,
    })
  }
}
