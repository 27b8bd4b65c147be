import type { Queryable } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import type { InstanceView } from '../domain/instance.ts'
import { instanceNotFound } from './find-instance.ts'
import { type InstanceRow, instanceViewOf, instanceViewSql } from './instance-view.ts'

/** One instance as every face shows it; throws `not_found` for one that the actor may not see. */
export async function showInstance(database: Queryable, actor: Actor, input: { id: string }): Promise<InstanceView> {
  const { rows } = await database.query<InstanceRow>(`${instanceViewSql} where i.id = $1`, [input.id])
  const row = rows[0]
  if (row === undefined || (actor.role === 'agent' && row.tenant_id !== actor.tenant)) throw instanceNotFound(input.id)
  assertMay(actor, 'instance.read', row.tenant_id)
  return instanceViewOf(row)
}
