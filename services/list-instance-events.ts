import type { Queryable } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { showInstance } from './show-instance.ts'

export interface InstanceEventView {
  id: number
  at: string
  kind: string
  from: string | null
  to: string | null
  reason: string | null
  details: Record<string, unknown> | null
  server_name: string | null
  epoch: number | null
}

/** What happened to an instance, newest first. */
export async function listInstanceEvents(
  database: Queryable,
  actor: Actor,
  input: { id: string; limit?: number | undefined; before?: number | undefined },
): Promise<InstanceEventView[]> {
  await showInstance(database, actor, { id: input.id })
  const { rows } = await database.query<Omit<InstanceEventView, 'at'> & { at: Date }>(
    `select id, at, kind, from_value as "from", to_value as "to", reason, details, server_name, epoch
     from instance_event where instance_id = $1 and ($3::bigint is null or id < $3)
     order by id desc limit $2`,
    [input.id, input.limit ?? 20, input.before ?? null],
  )
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}
