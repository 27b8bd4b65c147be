import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/transaction.ts'
import { type Actor, assertCovers, assertMay, type Role } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import { assertPasswordAllowed } from '../domain/password.ts'
import { assertRoleFitsTenant, assertUsername, type UserView } from '../domain/user.ts'
import { appendAudit } from './append-audit.ts'
import { readUserView } from './list-users.ts'
import { argon2Hasher } from './password-hasher.ts'

export interface CreateUser {
  readonly username: string
  readonly password: string
  readonly role: Role
  /** `agent:<id>` for an agent, null for everybody else. */
  readonly tenant: string | null
}

/**
 * Makes a person who can log in. Needs `user.manage`.
 * Throws `usage` (username, password, role without its tenant), `not_found` (tenant), `conflict` (username taken).
 */
export async function createUser(tx: Tx, actor: Actor, input: CreateUser): Promise<UserView> {
  assertMay(actor, 'user.manage')
  assertCovers(actor, input.role)
  assertUsername(input.username)
  assertRoleFitsTenant(input.role, input.tenant)
  assertPasswordAllowed(input.username, input.password)
  const passwordHash = await argon2Hasher.hash(input.password)
  await assertTenantExists(tx, input.tenant)
  const id = await insertUser(tx, input, passwordHash)
  if (id === undefined) throw new Failure('conflict', `the username ${input.username} is taken: choose another`)
  await auditUserCreated(tx, actor, { ...input, id })
  const view = await readUserView(tx, id)
  if (view === undefined) throw new Error('a user vanished in the transaction that made it')
  return view
}

/** Throws `not_found` unless the tenant exists; null is no tenant and fine. */
export async function assertTenantExists(tx: Tx, tenant: string | null): Promise<void> {
  if (tenant === null) return
  const { rowCount } = await tx.query('select 1 from tenant where id = $1', [tenant])
  if (rowCount === 0) {
    throw new Failure('not_found', `there is no tenant ${tenant}: create its agent or its first bot before its users`)
  }
}

/** Inserts a person; undefined when the username is taken. */
export async function insertUser(
  tx: Tx,
  user: Omit<CreateUser, 'password'>,
  passwordHash: string,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>(
    `insert into app_user (id, username, password_hash, role, tenant_id) values ($1, $2, $3, $4, $5)
     on conflict (username) do nothing returning id`,
    [randomUUID(), user.username, passwordHash, user.role, user.tenant],
  )
  return rows[0]?.id
}

export async function auditUserCreated(
  tx: Tx,
  actor: Actor,
  user: Omit<CreateUser, 'password'> & { readonly id: string },
): Promise<void> {
  await appendAudit(tx, actor, {
    action: 'user.create',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username, role: user.role },
  })
}
