import type { Queryable } from '../db/transaction.ts'
import type { Actor, Role } from '../domain/actor.ts'
import { sessionIdleMs } from '../domain/user.ts'
import { hashSecretToken } from './secret-token.ts'

/** Somebody who was recognised before, by a token, and is still connected. */
export interface Watcher {
  readonly token: string
  readonly source: string
}

/**
 * Who the watchers are now, by their tokens; a token whose session is over is not there. To watch is no request: it keeps
 * no session from becoming idle. One statement, however many.
 */
export async function recheckSessions(
  database: Queryable,
  watchers: readonly Watcher[],
): Promise<ReadonlyMap<string, Actor>> {
  const byHash = new Map(watchers.map((watcher) => [hashSecretToken(watcher.token).toString('hex'), watcher]))
  const { rows } = await database.query<{
    hash: string
    id: string
    username: string
    role: Role
    tenant_id: string | null
  }>(
    `select encode(s.id_hash, 'hex') as hash, u.id, u.username, u.role, u.tenant_id
     from user_session s join app_user u on u.id = s.user_id
     where s.id_hash = any(select decode(hash, 'hex') from unnest($1::text[]) as hash)
       and s.revoked_at is null and u.disabled_at is null and s.expires_at > clock_timestamp()
       and s.last_seen_at > clock_timestamp() - $2 * interval '1 millisecond'`,
    [[...byHash.keys()], sessionIdleMs],
  )
  return new Map(
    rows.flatMap(({ hash, id, username, role, tenant_id: tenant }): [string, Actor][] => {
      const watcher = byHash.get(hash)
      if (watcher === undefined) return []
      return [[watcher.token, { name: `user:${username}`, userId: id, role, tenant, source: watcher.source }]]
    }),
  )
}
