import type { Database } from '../../../db/database.ts'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor, Role } from '../../../domain/actor.ts'
import { makeKeyring } from '../../../domain/keyring.ts'
import { createUser } from '../../../services/create-user.ts'
import type { PasswordHasher } from '../../../services/password-hasher.ts'
import { argon2Hasher } from '../../../services/password-hasher.ts'

export const operatorOfTheMachine: Actor = {
  name: 'cli:root@testhost',
  userId: null,
  role: 'owner',
  tenant: null,
  source: 'cli',
}

/** What authenticators are sealed with. */
export const peopleKeyring = makeKeyring([Buffer.alloc(32, 9)])

export const goodPassword = 'quiet-lamp-orbit-77'

/** Makes a person with `goodPassword`; an agent gets the tenant `agent:t1`. */
export async function addPerson(database: Database, username: string, role: Role): Promise<string> {
  const tenant = role === 'agent' ? 'agent:t1' : null
  if (tenant !== null) {
    await database.query('insert into tenant (id, name) values ($1, $1) on conflict do nothing', [tenant])
  }
  const view = await database.transaction((tx) =>
    createUser(tx, operatorOfTheMachine, { username, password: goodPassword, role, tenant }),
  )
  return view.id
}

/** An actor as a session of that person gives it. */
export function personActor(username: string, userId: string, role: Role): Actor {
  return { name: `user:${username}`, userId, role, tenant: role === 'agent' ? 'agent:t1' : null, source: 'api:test' }
}

/** The real hasher, remembering which hashes were verified against. */
export function countingHasher(): PasswordHasher & { readonly verified: string[] } {
  const verified: string[] = []
  return {
    verified,
    hash: (password) => argon2Hasher.hash(password),
    verify: (phc, password) => {
      verified.push(phc)
      return argon2Hasher.verify(phc, password)
    },
  }
}

/** Moves the whole past of logins and sessions back, as if that much time had gone by. */
export async function letTimePass(database: Database, ms: number): Promise<void> {
  await database.query(`update login_attempt set at = at - $1 * interval '1 millisecond'`, [ms])
  await database.query(
    `update user_session set created_at = created_at - $1 * interval '1 millisecond',
       last_seen_at = last_seen_at - $1 * interval '1 millisecond',
       expires_at = expires_at - $1 * interval '1 millisecond'`,
    [ms],
  )
  await database.query(
    `update link_code set created_at = created_at - $1 * interval '1 millisecond',
       expires_at = expires_at - $1 * interval '1 millisecond'`,
    [ms],
  )
  await database.query(
    `update api_token set created_at = created_at - $1 * interval '1 millisecond',
       expires_at = expires_at - $1 * interval '1 millisecond',
       last_used_at = last_used_at - $1 * interval '1 millisecond',
       revoked_at = revoked_at - $1 * interval '1 millisecond'`,
    [ms],
  )
  await database.query(
    `update user_totp set failed_at = failed_at - $1 * interval '1 millisecond', last_counter = last_counter - $2`,
    [ms, Math.floor(ms / 30_000)],
  )
}

/**
 * Runs `first` in a transaction that stays open until `second`, in one of its own, waits for it or is done; then lets
 * the first commit. Shows what two callers see who really overlap.
 */
export async function overlap<A, B>(
  database: Database,
  first: (tx: Tx) => Promise<A>,
  second: (tx: Tx) => Promise<B>,
): Promise<[A, B]> {
  const firstDone = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const one = database.transaction(async (tx) => {
    const result = await first(tx)
    firstDone.resolve()
    await mayCommit.promise
    return result
  })
  one.catch(firstDone.reject)
  await firstDone.promise
  let secondEnded = false
  const two = database.transaction(second).finally(() => {
    secondEnded = true
  })
  two.catch(() => {})
  const waiting = async () =>
    (await database.query('select 1 from pg_locks where not granted and pid <> pg_backend_pid()')).rowCount > 0
  for (;;) {
    const blocked = await waiting()
    if (blocked || secondEnded) break
  }
  mayCommit.resolve()
  return Promise.all([one, two])
}
