import type { Queryable } from '../../db/transaction.ts'

/**
 * The running bots of a server that may have something to tell: messages of their tenant that are due, and for the
 * master's bot those of tenants whose own bots are out.
 */
export async function dueInstances(database: Queryable, input: { readonly server: string }): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select i.id from instance i
     where i.server_name = $1 and i.state = 'running' and (
       exists (
         select from outbox_message m where m.tenant_id = i.tenant_id and m.state in ('queued', 'claimed') and is_ready(m, i)
       ) or i.is_master and exists (
         select from outbox_message m
         where m.chat_id is not null and m.state in ('queued', 'claimed') and m.tenant_id <> i.tenant_id and is_ready(m, i)
           and stands_in(m, i)
       )
     )`,
    [input.server],
  )
  return rows.map(({ id }) => id)
}
