import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import { openBytes } from '../../domain/keyring.ts'
import { matchTotp } from '../../domain/totp.ts'
import { appendAudit } from '../append-audit.ts'
import { assertInPerson } from './person.ts'
import { replaceRecoveryCodes } from './renew-recovery-codes.ts'
import { endOtherSessions } from './revoke-other-sessions.ts'
import { type KeyringOf, totpAad } from './second-factor.ts'

export interface ConfirmSecondFactor {
  /** What the authenticator shows. */
  readonly code: string
  readonly keyring: KeyringOf
  /** The secret of the session that asks: the others, opened with a password alone, end. */
  readonly keep: string
}

/**
 * Makes the begun authenticator the actor's second factor, by a code of it.
 * @returns the recovery codes, shown only here. Throws `usage` for a wrong code, `not_found` when none was begun,
 * `conflict` when there is one already.
 */
export async function confirmSecondFactor(
  tx: Tx,
  actor: Actor,
  input: ConfirmSecondFactor,
): Promise<{ recoveryCodes: string[]; sessionsRevoked: number }> {
  assertInPerson(actor)
  const { rows } = await tx.query<{ sealed: string; confirmed: boolean; last_counter: number; now_ms: number }>(
    `select sealed, confirmed_at is not null as confirmed, last_counter,
       (extract(epoch from clock_timestamp()) * 1000)::double precision as now_ms
     from user_totp where user_id = $1 for update`,
    [actor.userId],
  )
  const begun = rows[0]
  if (begun === undefined) throw new Failure('not_found', 'no authenticator was begun: begin one first')
  if (begun.confirmed) throw new Failure('conflict', 'there is a second factor already')
  const counter = matchTotp(openBytes(await input.keyring(), totpAad(actor.userId), begun.sealed), {
    code: input.code.replaceAll(/\s/g, ''),
    nowMs: begun.now_ms,
    lastCounter: begun.last_counter,
  })
  if (counter === undefined) {
    throw new Failure(
      'usage',
      'the code is wrong or too old: check the clock of the authenticator and send the next one',
      { details: { wrong: 'code' } },
    )
  }
  await tx.query(
    'update user_totp set confirmed_at = clock_timestamp(), last_counter = $2, failures = 0, failed_at = null where user_id = $1',
    [actor.userId, counter],
  )
  const recoveryCodes = await replaceRecoveryCodes(tx, actor.userId)
  const sessionsRevoked = await endOtherSessions(tx, actor.userId, input.keep)
  await appendAudit(tx, actor, {
    action: 'user.confirm_second_factor',
    targetKind: 'user',
    targetId: actor.userId,
    tenantId: actor.tenant,
    details: { sessions_revoked: sessionsRevoked },
  })
  return { recoveryCodes, sessionsRevoked }
}
