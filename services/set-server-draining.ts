import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import { appendAudit } from './append-audit.ts'
import { listServers, type ServerView } from './list-servers.ts'

/**
 * Drains a server, or ends that: it starts nothing new, its floating bots move to other live servers with room, and
 * those that are pinned to it stay or are stopped, as asked. Doing it twice changes nothing.
 */
export async function setServerDraining(
  tx: Tx,
  actor: Actor,
  input: { name: string; draining: boolean; pinned?: 'stay' | 'stop' },
): Promise<ServerView> {
  assertMay(actor, 'server.drain')
  const pinned = input.draining ? (input.pinned ?? 'stay') : 'stay'
  const changed = await tx.query(
    `update server set draining = $2, drain_pinned = $3 where name = $1 and (draining <> $2 or drain_pinned <> $3)`,
    [input.name, input.draining, pinned],
  )
  const server = (await listServers(tx, actor)).find(({ name }) => name === input.name)
  if (server === undefined) throw new Failure('not_found', `no server ${input.name}: ./botfleet server list shows them`)
  if (changed.rowCount > 0) {
    await appendAudit(tx, actor, {
      action: input.draining ? 'server.drain' : 'server.undrain',
      targetKind: 'server',
      targetId: input.name,
      tenantId: null,
      details: { pinned },
    })
  }
  return server
}
