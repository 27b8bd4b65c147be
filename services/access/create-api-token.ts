import { randomBytes } from 'node:crypto'
import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay, type Permission } from '../../domain/actor.ts'
import { type ApiTokenView, apiTokensMax, apiTokenText, apiTokenTtlMaxMs } from '../../domain/api-token.ts'
import { encodeBase32 } from '../../domain/base32.ts'
import { Failure } from '../../domain/failure.ts'
import { appendAudit } from '../append-audit.ts'
import { makeSecretToken } from '../secret-token.ts'
import { findUser } from './find-user.ts'
import { readApiTokens } from './list-api-tokens.ts'
import { assertInPerson } from './person.ts'

export interface CreateApiToken {
  /** Whom it speaks for; unset: the actor. */
  readonly username?: string | undefined
  /** What it is for. */
  readonly name: string
  /** Rights of the person that it has; null: all of them. */
  readonly scopes: readonly Permission[] | null
  /** Milliseconds from now until it ends; null: never. */
  readonly ttlMs: number | null
}

/**
 * Makes an API token for oneself, or with `user.manage` for somebody. Its text is given only here.
 * Throws `not_allowed` (also to a token), `not_found`, `usage`, or `conflict` (the person is disabled, or has too many).
 */
export async function createApiToken(
  tx: Tx,
  actor: Actor,
  input: CreateApiToken,
): Promise<{ text: string; token: ApiTokenView }> {
  const name = input.name.trim()
  if (name === '' || name.length > 100 || /\p{Cc}/u.test(name)) {
    throw new Failure('usage', 'the name of a token has 1 to 100 characters, none of them a control character')
  }
  if (input.ttlMs !== null && input.ttlMs > apiTokenTtlMaxMs) {
    throw new Failure('usage', 'a token is good for ten years at most, or has no end')
  }
  if (input.scopes?.length === 0) throw new Failure('usage', 'a token without any scope can do nothing: name one')
  const user = await findUser(tx, actor, input.username)
  if (actor.userId !== null) assertInPerson(actor)
  if (user.id !== actor.userId) assertMay(actor, 'user.manage')
  // The person's tokens are counted by one at a time, and nobody disables them meanwhile.
  const locked = await tx.query(`select from app_user where id = $1 and disabled_at is null for update`, [user.id])
  if (locked.rowCount === 0) throw new Failure('conflict', `${user.username} is disabled`)
  await assertRoom(tx, user.id)
  const id = encodeBase32(randomBytes(5)).toLowerCase()
  const secret = makeSecretToken()
  await tx.query(
    `insert into api_token (id, user_id, name, secret_hash, scopes, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7 * interval '1 millisecond')`,
    [id, user.id, name, secret.hash, input.scopes, actor.name, input.ttlMs],
  )
  const [token] = await readApiTokens(tx, { id })
  if (token === undefined) throw new Error('a token vanished in the transaction that made it')
  await appendAudit(tx, actor, {
    action: 'token.create',
    targetKind: 'token',
    targetId: id,
    tenantId: user.tenant,
    details: { username: user.username, name, scopes: token.scopes, expires_at: token.expires_at },
  })
  return { text: apiTokenText(id, secret.text), token }
}

async function assertRoom(tx: Tx, userId: string): Promise<void> {
  const { rowCount } = await tx.query(
    `select from api_token where user_id = $1 and revoked_at is null
       and (expires_at is null or expires_at > clock_timestamp()) limit $2`,
    [userId, apiTokensMax],
  )
  if (rowCount >= apiTokensMax) {
    throw new Failure('conflict', `there are ${apiTokensMax} tokens of this person already: revoke one first`)
  }
}
