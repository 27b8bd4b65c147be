import type { Database } from '../../db/database.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { appendAudit } from '../append-audit.ts'
import { tooManyAttempts } from './judge-password.ts'
import { assertInPerson, type Person } from './person.ts'
import { replaceRecoveryCodes } from './renew-recovery-codes.ts'
import { endOtherSessions } from './revoke-other-sessions.ts'
import { judgeTotp, type KeyringOf, lockAuthenticator } from './second-factor.ts'

export interface ConfirmSecondFactor {
  /** What the authenticator shows. */
  readonly code: string
  readonly keyring: KeyringOf
  /** The secret of the session that asks: the others, opened with a password alone, end. */
  readonly keep: string
}

export interface ConfirmedSecondFactor {
  /** Shown only here. */
  readonly recoveryCodes: string[]
  readonly sessionsRevoked: number
}

/**
 * Makes the begun authenticator the actor's second factor, by a code of it; wrong ones are counted as a login counts
 * them. Throws `usage` for a wrong code, `too_many_attempts`, `not_found` when none was begun, `conflict` when there is
 * one already.
 */
export async function confirmSecondFactor(
  database: Pick<Database, 'transaction'>,
  actor: Actor,
  input: ConfirmSecondFactor,
): Promise<ConfirmedSecondFactor> {
  assertInPerson(actor)
  const verdict = await database.transaction((tx) => confirm(tx, actor, input))
  if (verdict.kind === 'confirmed') return verdict
  if (verdict.kind === 'too_early') throw tooManyAttempts(verdict.delayMs)
  throw new Failure(
    'usage',
    'the code is wrong or too old: check the clock of the authenticator and send the next one',
    { details: { wrong: 'code' } },
  )
}

type Verdict =
  | ({ readonly kind: 'confirmed' } & ConfirmedSecondFactor)
  | { readonly kind: 'too_early'; readonly delayMs: number }
  | { readonly kind: 'wrong' }

async function confirm(tx: Tx, actor: Person, input: ConfirmSecondFactor): Promise<Verdict> {
  const { userId } = actor
  const begun = await lockAuthenticator(tx, userId)
  if (begun === undefined) throw new Failure('not_found', 'no authenticator was begun: begin one first')
  if (begun.confirmed) throw new Failure('conflict', 'there is a second factor already')
  const judged = await judgeTotp(tx, begun, { ...input, userId, code: input.code.replaceAll(/\s/g, '') })
  if (judged.kind === 'too_early') return judged
  if (judged.kind !== 'right') return { kind: 'wrong' }
  await tx.query('update user_totp set confirmed_at = clock_timestamp() where user_id = $1', [userId])
  const recoveryCodes = await replaceRecoveryCodes(tx, userId)
  const sessionsRevoked = await endOtherSessions(tx, userId, input.keep)
  await appendAudit(tx, actor, {
    action: 'user.confirm_second_factor',
    targetKind: 'user',
    targetId: userId,
    tenantId: actor.tenant,
    details: { sessions_revoked: sessionsRevoked },
  })
  return { kind: 'confirmed', recoveryCodes, sessionsRevoked }
}
