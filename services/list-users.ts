import type { Queryable } from '../db/transaction.ts'
import { type Actor, assertMay, type Role } from '../domain/actor.ts'
import type { UserView } from '../domain/user.ts'

interface UserRow {
  id: string
  username: string
  role: Role
  tenant_id: string | null
  created_at: Date
  updated_at: Date
  disabled_at: Date | null
  second_factor: boolean
  linked: UserView['linked']
}

/** Everybody, by username. Needs `user.read`. */
export async function listUsers(tx: Queryable, actor: Actor): Promise<UserView[]> {
  assertMay(actor, 'user.read')
  return readUsers(tx, null)
}

/** One person as faces show them; undefined when there is none of that id. Asks for no right. */
export async function readUserView(tx: Queryable, userId: string): Promise<UserView | undefined> {
  const [view] = await readUsers(tx, userId)
  return view
}

async function readUsers(tx: Queryable, userId: string | null): Promise<UserView[]> {
  const { rows } = await tx.query<UserRow>(
    `select u.id, u.username, u.role, u.tenant_id, u.created_at, u.updated_at, u.disabled_at,
       exists (select from user_totp f where f.user_id = u.id and f.confirmed_at is not null) as second_factor,
       coalesce((
         select json_agg(json_build_object(
           'platform', c.platform,
           'platform_user_id', c.platform_user_id,
           'linked_at', to_char(c.linked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
         ) order by c.linked_at, c.platform_user_id)
         from chat_identity c where c.user_id = u.id
       ), '[]') as linked
     from app_user u where $1::text is null or u.id = $1 order by u.username`,
    [userId],
  )
  return rows.map((row) => ({
    id: row.id,
    username: row.username,
    role: row.role,
    tenant: row.tenant_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    disabled_at: row.disabled_at?.toISOString() ?? null,
    second_factor: row.second_factor,
    linked: row.linked,
  }))
}
