import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { type SessionView, sessionIdleMs } from '../../domain/user.ts'
import { hashSecretToken } from '../secret-token.ts'
import { findUser } from './find-user.ts'
import { assertOwnOr } from './person.ts'

export interface ListSessions {
  /** Whose; unset: the actor's own. */
  readonly username?: string | undefined
  /** The secret of the session that asks, to mark it. */
  readonly current?: string | undefined
}

interface SessionRow {
  id: string
  username: string
  created_at: Date
  last_seen_at: Date
  expires_at: Date
  source: string
  user_agent: string | null
  current: boolean
}

/**
 * A person's open sessions, the last seen first. One's own, or with `user.read` anybody's; throws `not_found` for an
 * unknown username.
 */
export async function listSessions(tx: Queryable, actor: Actor, input: ListSessions): Promise<SessionView[]> {
  const user = await findUser(tx, actor, input.username)
  assertOwnOr(actor, 'user.read', user.id)
  const { rows } = await tx.query<SessionRow>(
    `select s.id, u.username, s.created_at, s.last_seen_at, s.expires_at, s.source, s.user_agent,
       s.id_hash = $2 as current
     from user_session s join app_user u on u.id = s.user_id
     where s.user_id = $1 and s.revoked_at is null and s.expires_at > clock_timestamp()
       and s.last_seen_at > clock_timestamp() - $3 * interval '1 millisecond'
     order by s.last_seen_at desc, s.id`,
    [user.id, hashSecretToken(input.current ?? ''), sessionIdleMs],
  )
  return rows.map((row) => ({
    ...row,
    created_at: row.created_at.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
  }))
}
