import type { Queryable } from '../db/transaction.ts'
import type { Actor, Role } from '../domain/actor.ts'
import { sessionIdleMs } from '../domain/user.ts'
import { hashSecretToken } from './secret-token.ts'

/** A session's last request is noted at most this often: most requests write nothing. */
const touchEveryMs = 30_000

export interface Session {
  readonly actor: Actor & { readonly userId: string }
  readonly username: string
  /** Null for an API token that never ends. */
  readonly expiresAt: string | null
  /** Whether the person has a second factor. */
  readonly secondFactor: boolean
}

interface SessionRow {
  user_id: string
  username: string
  role: Role
  tenant_id: string | null
  expires_at: Date
  second_factor: boolean
}

/**
 * The open session of a token, with the person as they are now: a changed role counts at once, a disabled person has
 * no session. Undefined for a token that is unknown, revoked, idle for 30 minutes or older than 12 hours.
 * One statement; `source` (`api:<address>`) is where the present request comes from.
 */
export async function findSession(
  tx: Queryable,
  input: { readonly token: string; readonly source: string },
): Promise<Session | undefined> {
  const { rows } = await tx.query<SessionRow>(
    `with open_session as (
       select s.id_hash, s.last_seen_at, s.expires_at, u.id as user_id, u.username, u.role, u.tenant_id
       from user_session s join app_user u on u.id = s.user_id
       where s.id_hash = $1 and s.revoked_at is null and u.disabled_at is null
         and s.expires_at > clock_timestamp()
         and s.last_seen_at > clock_timestamp() - $2 * interval '1 millisecond'
     ), touched as (
       update user_session set last_seen_at = clock_timestamp() from open_session
       where user_session.id_hash = open_session.id_hash
         and open_session.last_seen_at < clock_timestamp() - $3 * interval '1 millisecond'
     )
     select user_id, username, role, tenant_id, expires_at,
       exists (select from user_totp f where f.user_id = open_session.user_id and confirmed_at is not null)
         as second_factor
     from open_session`,
    [hashSecretToken(input.token), sessionIdleMs, touchEveryMs],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  return {
    actor: {
      name: `user:${row.username}`,
      userId: row.user_id,
      role: row.role,
      tenant: row.tenant_id,
      source: input.source,
    },
    username: row.username,
    expiresAt: row.expires_at.toISOString(),
    secondFactor: row.second_factor,
  }
}
