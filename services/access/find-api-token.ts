import { timingSafeEqual } from 'node:crypto'
import type { Queryable } from '../../db/transaction.ts'
import type { Permission, Role } from '../../domain/actor.ts'
import { parseApiToken } from '../../domain/api-token.ts'
import type { Session } from '../find-session.ts'
import { hashSecretToken } from '../secret-token.ts'

/** A token's last use is noted at most this often: most requests write nothing. */
const noteEveryMs = 30_000

interface TokenRow {
  secret_hash: Buffer
  scopes: Permission[] | null
  expires_at: Date | null
  noted: boolean
  user_id: string
  username: string
  role: Role
  tenant_id: string | null
  second_factor: boolean
}

/**
 * Whom an API token speaks for, with the person as they are now: its scopes take away from their role's rights and add
 * nothing, and a disabled person's tokens are dead. Undefined for one that is unknown, wrong, revoked or expired.
 */
export async function findApiToken(
  tx: Queryable,
  input: { readonly token: string; readonly source: string },
): Promise<Session | undefined> {
  const parts = parseApiToken(input.token)
  if (parts === undefined) return undefined
  const { rows } = await tx.query<TokenRow>(
    `select t.secret_hash, t.scopes, t.expires_at, u.id as user_id, u.username, u.role, u.tenant_id,
       coalesce(t.last_used_at > clock_timestamp() - $2 * interval '1 millisecond', false) as noted,
       exists (select from user_totp f where f.user_id = u.id and f.confirmed_at is not null) as second_factor
     from api_token t join app_user u on u.id = t.user_id
     where t.id = $1 and t.revoked_at is null and u.disabled_at is null
       and (t.expires_at is null or t.expires_at > clock_timestamp())`,
    [parts.id, noteEveryMs],
  )
  const row = rows[0]
  if (row === undefined || !timingSafeEqual(row.secret_hash, hashSecretToken(parts.secret))) return undefined
  if (!row.noted) await noteUse(tx, parts.id, input.source)
  return {
    actor: {
      name: `user:${row.username}`,
      userId: row.user_id,
      role: row.role,
      tenant: row.tenant_id,
      source: `${input.source} token:${parts.id}`,
      token: parts.id,
      ...(row.scopes === null ? {} : { scopes: row.scopes }),
    },
    username: row.username,
    expiresAt: row.expires_at?.toISOString() ?? null,
    secondFactor: row.second_factor,
  }
}

async function noteUse(tx: Queryable, id: string, source: string): Promise<void> {
  await tx.query(
    `update api_token set last_used_at = clock_timestamp(), last_used_from = $2 where id = $1
       and (last_used_at is null or last_used_at <= clock_timestamp() - $3 * interval '1 millisecond')`,
    [id, source, noteEveryMs],
  )
}
