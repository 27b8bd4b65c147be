import type { Queryable } from '../../db/transaction.ts'
import { type Actor, may, type Permission } from '../../domain/actor.ts'
import type { ApiTokenView } from '../../domain/api-token.ts'
import { findUser } from './find-user.ts'
import { assertOwnOr } from './person.ts'

export interface ListApiTokens {
  /** Whose; unset: everybody's with `user.read`, else the actor's own. */
  readonly username?: string | undefined
}

/** API tokens, the newest first, ended ones too. Throws `not_found` for an unknown username, `not_allowed`. */
export async function listApiTokens(tx: Queryable, actor: Actor, input: ListApiTokens): Promise<ApiTokenView[]> {
  if (input.username === undefined && may(actor, 'user.read')) return readApiTokens(tx, {})
  const user = await findUser(tx, actor, input.username)
  assertOwnOr(actor, 'user.read', user.id)
  return readApiTokens(tx, { userId: user.id })
}

interface TokenRow {
  id: string
  name: string
  username: string
  scopes: Permission[] | null
  created_at: Date
  created_by: string
  expires_at: Date | null
  last_used_at: Date | null
  last_used_from: string | null
  revoked_at: Date | null
}

/** Tokens as faces show them. Asks for no right. */
export async function readApiTokens(
  tx: Queryable,
  filter: { readonly id?: string; readonly userId?: string },
): Promise<ApiTokenView[]> {
  const { rows } = await tx.query<TokenRow>(
    `select t.id, t.name, u.username, t.scopes, t.created_at, t.created_by, t.expires_at, t.last_used_at,
       t.last_used_from, t.revoked_at
     from api_token t join app_user u on u.id = t.user_id
     where ($1::text is null or t.id = $1) and ($2::text is null or t.user_id = $2)
     order by t.created_at desc, t.id`,
    [filter.id ?? null, filter.userId ?? null],
  )
  return rows.map((row) => ({
    ...row,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
  }))
}
