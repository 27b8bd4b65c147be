import type { Queryable } from '../db/transaction.ts'
import type { Actor, Permission, Role } from '../domain/actor.ts'
import { parseApiToken } from '../domain/api-token.ts'
import { sessionIdleMs } from '../domain/user.ts'
import { hashSecretToken } from './secret-token.ts'

/** Somebody who was recognised before, by a token, and is still connected. */
export interface Watcher {
  readonly token: string
  readonly source: string
}

interface CallerRow {
  /** A session's hash in hex, or the id of an API token. */
  key: string
  id: string
  username: string
  role: Role
  tenant_id: string | null
  scopes: Permission[] | null
}

/**
 * Who the watchers are now, by their tokens; one whose session is over, or whose API token is dead, is not there. To watch is
 * no request: it keeps no session from becoming idle. One statement, however many.
 */
export async function recheckCallers(
  database: Queryable,
  watchers: readonly Watcher[],
): Promise<ReadonlyMap<string, Actor>> {
  const byKey = new Map(watchers.map((watcher) => [keyOf(watcher.token), watcher]))
  const { rows } = await database.query<CallerRow>(
    `select encode(s.id_hash, 'hex') as key, u.id, u.username, u.role, u.tenant_id, null as scopes
     from user_session s join app_user u on u.id = s.user_id
     where s.id_hash = any(select decode(key, 'hex') from unnest($1::text[]) as key where length(key) = 64)
       and s.revoked_at is null and u.disabled_at is null and s.expires_at > clock_timestamp()
       and s.last_seen_at > clock_timestamp() - $2 * interval '1 millisecond'
     union all
     select t.id, u.id, u.username, u.role, u.tenant_id, t.scopes
     from api_token t join app_user u on u.id = t.user_id
     where t.id = any($1) and t.revoked_at is null and u.disabled_at is null
       and (t.expires_at is null or t.expires_at > clock_timestamp())`,
    [[...byKey.keys()], sessionIdleMs],
  )
  return new Map(
    rows.flatMap((row): [string, Actor][] => {
      const watcher = byKey.get(row.key)
      return watcher === undefined ? [] : [[watcher.token, actorOf(row, watcher)]]
    }),
  )
}

/** What the database knows a token by; an API token's secret was looked at when it was recognised first. */
function keyOf(token: string): string {
  return parseApiToken(token)?.id ?? hashSecretToken(token).toString('hex')
}

function actorOf({ id, username, role, tenant_id: tenant, scopes }: CallerRow, { token, source }: Watcher): Actor {
  const apiToken = parseApiToken(token)?.id
  return {
    name: `user:${username}`,
    userId: id,
    role,
    tenant,
    source,
    ...(apiToken === undefined ? {} : { token: apiToken }),
    ...(scopes === null ? {} : { scopes }),
  }
}
