import type { Tx } from '../db/transaction.ts'
import type { Role } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'

export interface LockedUser {
  readonly id: string
  readonly username: string
  readonly role: Role
  readonly tenant: string | null
  readonly disabled: boolean
}

/**
 * Locks a person's row for the rest of the transaction. Throws `not_found` for an unknown username.
 *
 * The enabled owners are locked first and in order of their ids, so that two owners who disable or demote each other
 * at once are judged one after the other.
 */
export async function lockUser(tx: Tx, username: string): Promise<LockedUser> {
  await tx.query(`select 1 from app_user where role = 'owner' and disabled_at is null order by id for update`)
  const { rows } = await tx.query<LockedUser>(
    `select id, username, role, tenant_id as tenant, disabled_at is not null as disabled
     from app_user where username = $1 for update`,
    [username],
  )
  const user = rows[0]
  if (user === undefined) {
    throw new Failure('not_found', `no user is called ${JSON.stringify(username)}; ./botfleet user list shows them all`)
  }
  return user
}

/** Throws `conflict` when this locked person is the last enabled owner, whom the fleet may not lose. */
export async function assertNotLastOwner(tx: Tx, user: LockedUser): Promise<void> {
  if (user.role !== 'owner' || user.disabled) return
  const { rowCount } = await tx.query(
    `select 1 from app_user where role = 'owner' and disabled_at is null and id <> $1 limit 1`,
    [user.id],
  )
  if (rowCount === 0) {
    throw new Failure('conflict', `${user.username} is the last enabled owner: make another owner first`, {
      details: { username: user.username, role: user.role },
    })
  }
}
