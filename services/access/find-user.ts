import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'

export interface FoundUser {
  readonly id: string
  readonly username: string
  readonly tenant: string | null
  readonly disabled: boolean
}

/**
 * The person of that name; without one, the actor. Throws `not_found`, `usage` for a machine that names nobody, and
 * `not_allowed` for who may not know whom there is.
 */
export async function findUser(tx: Queryable, actor: Actor, username?: string): Promise<FoundUser> {
  if (username === undefined && actor.userId === null) {
    throw new Failure('usage', 'say whose: you are no user here, but an account of this machine')
  }
  const { rows } = await tx.query<FoundUser>(
    `select id, username, tenant_id as tenant, disabled_at is not null as disabled from app_user
     where case when $1::text is null then id = $2 else username = $1 end`,
    [username?.toLowerCase() ?? null, actor.userId],
  )
  const user = rows[0]
  if (user === undefined || user.id !== actor.userId) assertMay(actor, 'user.read')
  if (user === undefined) {
    throw new Failure('not_found', `no user is called ${JSON.stringify(username)}; ./botfleet user list shows them all`)
  }
  return user
}
