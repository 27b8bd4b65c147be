import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { assertPasswordAllowed } from '../domain/password.ts'
import { assertUsername } from '../domain/user.ts'
import { auditUserCreated, insertUser } from './create-user.ts'
import { argon2Hasher } from './password-hasher.ts'

/**
 * Makes the first owner while there is no user at all; when there is one, nothing is checked and nothing changes.
 * Several servers may start at once: one of them makes the owner, the others wait for it and find it.
 * Throws `usage` for a refused password (the seeds' admin123 among them) before anything is written.
 */
export async function ensureFirstOwner(
  tx: Tx,
  actor: Actor,
  input: { readonly username: string; readonly password: string },
): Promise<{ created: boolean }> {
  assertMay(actor, 'user.manage')
  if (await anyUser(tx)) return { created: false }
  assertUsername(input.username)
  assertPasswordAllowed(input.username, input.password)
  const passwordHash = await argon2Hasher.hash(input.password)
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('botfleet.first_owner', 0))`)
  // Asked again in a statement of its own: the one that waited for the lock could not see what its holder committed.
  if (await anyUser(tx)) return { created: false }
  const owner = { username: input.username, role: 'owner', tenant: null } as const
  const id = await insertUser(tx, owner, passwordHash)
  if (id === undefined) return { created: false }
  await auditUserCreated(tx, actor, { ...owner, id })
  return { created: true }
}

async function anyUser(tx: Tx): Promise<boolean> {
  const { rowCount } = await tx.query('select 1 from app_user limit 1')
  return rowCount > 0
}
