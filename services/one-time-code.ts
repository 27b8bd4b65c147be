/**
 * Codes that work once: one speaks for a person of ours (`/start link-<code>`) or for an agent's shop that is to be
 * claimed (`/start claim-<code>`). Only their hash is kept.
 */
import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { hashSecretToken, makeSecretToken } from './secret-token.ts'

/** Whom a code speaks for. */
export type CodeSubject = { readonly userId: string } | { readonly tenant: string }

export interface OneTimeCode {
  readonly code: string
  readonly expiresAt: string
}

/** Makes a code that is good for a while. The caller has checked the right to it, and writes its audit row. */
export async function makeOneTimeCode(
  tx: Tx,
  actor: Actor,
  input: { readonly subject: CodeSubject; readonly ttlMs: number },
): Promise<OneTimeCode> {
  const token = makeSecretToken()
  const { subject } = input
  const { rows } = await tx.query<{ expires_at: Date }>(
    `insert into link_code (code_hash, user_id, tenant_id, created_by, created_at, expires_at)
     values ($1, $2, $3, $4, clock_timestamp(), clock_timestamp() + $5 * interval '1 millisecond') returning expires_at`,
    [
      token.hash,
      'userId' in subject ? subject.userId : null,
      'tenant' in subject ? subject.tenant : null,
      actor.name,
      input.ttlMs,
    ],
  )
  const row = rows[0]
  if (row === undefined) throw new Error('an insert returned no code')
  return { code: token.text, expiresAt: row.expires_at.toISOString() }
}

/** What is to be known of a code before it is used; locked until the transaction ends. */
export type FoundCode =
  | { readonly verdict: 'good'; readonly subject: CodeSubject }
  | { readonly verdict: 'unknown' | 'expired' | 'used' }

/**
 * Looks a code up and locks it, so that two that come at once are judged one after the other. It is good until
 * `spendCode`.
 */
export async function findCode(tx: Tx, code: string): Promise<FoundCode> {
  const { rows } = await tx.query<{
    user_id: string | null
    tenant_id: string | null
    used: boolean
    expired: boolean
  }>(
    `select user_id, tenant_id, used_at is not null as used, expires_at <= clock_timestamp() as expired
     from link_code where code_hash = $1 for update`,
    [hashSecretToken(code)],
  )
  const found = rows[0]
  if (found === undefined) return { verdict: 'unknown' }
  if (found.used) return { verdict: 'used' }
  if (found.expired) return { verdict: 'expired' }
  if (found.user_id !== null) return { verdict: 'good', subject: { userId: found.user_id } }
  if (found.tenant_id !== null) return { verdict: 'good', subject: { tenant: found.tenant_id } }
  throw new Error('a code that speaks for nobody')
}

/** Whether a code was made for a user of ours, which the gateway's role does not see; whether it is still good is another matter. */
export async function isLinkCode(tx: Tx, code: string): Promise<boolean> {
  const { rows } = await tx.query<{ known: boolean }>('select is_link_code($1) as known', [hashSecretToken(code)])
  return rows[0]?.known === true
}

/** Uses a code up. The caller holds its lock. */
export async function spendCode(tx: Tx, code: string): Promise<void> {
  await tx.query('update link_code set used_at = clock_timestamp() where code_hash = $1', [hashSecretToken(code)])
}
