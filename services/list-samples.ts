import type { Queryable } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { showInstance } from './show-instance.ts'

export interface SampleView {
  at: string
  /** Percent of one core. */
  cpu_percent: number
  memory_bytes: number
}

const pointsMax = 500

/**
 * A bot's processor time and memory of the last hours, oldest first: the means of at most 500 stretches of equal
 * length. Throws `not_found`.
 */
export async function listSamples(
  database: Queryable,
  actor: Actor,
  input: { readonly id: string; readonly hours: number },
): Promise<SampleView[]> {
  await showInstance(database, actor, { id: input.id })
  const { rows } = await database.query<Omit<SampleView, 'at'> & { at: Date }>(
    `select max(at) as at, avg(cpu_percent)::double precision as cpu_percent,
       avg(memory_bytes)::bigint as memory_bytes
     from instance_sample where instance_id = $1 and at > now() - $2 * interval '1 hour'
     group by floor(extract(epoch from at) / ($2::double precision * 3600 / $3)) order by 1`,
    [input.id, input.hours, pointsMax],
  )
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}
