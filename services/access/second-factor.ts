/** A person's authenticator: its secret sealed in its row, and the judgement of a code. */
import type { Tx } from '../../db/transaction.ts'
import { Failure } from '../../domain/failure.ts'
import { type Keyring, openBytes } from '../../domain/keyring.ts'
import { codeDelayMs } from '../../domain/login-throttle.ts'
import { plainRecoveryCode } from '../../domain/second-factor.ts'
import { isTotpShaped, matchTotp } from '../../domain/totp.ts'
import { hashSecretToken } from '../secret-token.ts'

/** The row that a secret belongs to, authenticated with it. */
export function totpAad(userId: string): string {
  return `user_totp:${userId}`
}

/** The keys of this database; asked for only where something is sealed. */
export type KeyringOf = () => Keyring | Promise<Keyring>

/**
 * `none`: the person has no second factor. `needed`: they have one and gave no code. `wrong` counts as a failure, which
 * the caller must let commit.
 */
export type CodeVerdict =
  | { readonly kind: 'none' | 'needed' | 'wrong' }
  | { readonly kind: 'right'; readonly by: 'totp' | 'recovery_code' }
  | { readonly kind: 'too_early'; readonly delayMs: number }

interface TotpRow {
  sealed: string
  last_counter: number
  failures: number
  failed_age_ms: number | null
  now_ms: number
}

/**
 * Judges a code of a person whose password was right, holding their second factor until the transaction ends: of two
 * that bring the same code at once one is right. The database's clock counts, and wrong codes are counted for the
 * account wherever they come from. A recovery code is asked no patience of: nobody guesses it, and it lets the person
 * in whom somebody with their password keeps busy.
 */
export async function judgeCode(
  tx: Tx,
  input: { readonly userId: string; readonly code: string | undefined; readonly keyring: KeyringOf },
): Promise<CodeVerdict> {
  const { userId, code } = input
  const { rows } = await tx.query<TotpRow>(
    `select sealed, last_counter, failures,
       (extract(epoch from clock_timestamp() - failed_at) * 1000)::double precision as failed_age_ms,
       (extract(epoch from clock_timestamp()) * 1000)::double precision as now_ms
     from user_totp where user_id = $1 and confirmed_at is not null for update`,
    [userId],
  )
  const factor = rows[0]
  if (factor === undefined) return { kind: 'none' }
  if (code === undefined) return { kind: 'needed' }
  const typed = code.replaceAll(/\s/g, '')
  if (!isTotpShaped(typed)) return judgeRecoveryCode(tx, userId, typed)
  const delayMs = codeDelayMs(factor.failures, factor.failed_age_ms ?? 0)
  if (delayMs > 0) return { kind: 'too_early', delayMs }
  const secret = openBytes(await input.keyring(), totpAad(userId), factor.sealed)
  const counter = matchTotp(secret, { code: typed, nowMs: factor.now_ms, lastCounter: factor.last_counter })
  if (counter === undefined) {
    await tx.query('update user_totp set failures = failures + 1, failed_at = clock_timestamp() where user_id = $1', [
      userId,
    ])
    return { kind: 'wrong' }
  }
  await tx.query('update user_totp set last_counter = $2, failures = 0, failed_at = null where user_id = $1', [
    userId,
    counter,
  ])
  return { kind: 'right', by: 'totp' }
}

async function judgeRecoveryCode(tx: Tx, userId: string, typed: string): Promise<CodeVerdict> {
  const { rowCount } = await tx.query(
    `update recovery_code set used_at = clock_timestamp() where user_id = $1 and code_hash = $2 and used_at is null`,
    [userId, hashSecretToken(plainRecoveryCode(typed))],
  )
  if (rowCount === 0) return { kind: 'wrong' }
  await tx.query('update user_totp set failures = 0, failed_at = null where user_id = $1', [userId])
  return { kind: 'right', by: 'recovery_code' }
}

/** What a person is told whose password was right and whose code was not. */
export function codeFailure(kind: 'needed' | 'wrong'): Failure {
  return new Failure(
    'not_authenticated',
    kind === 'needed'
      ? 'a code of your authenticator is needed, too: send it as code'
      : 'the code is wrong, too old, or was used before: send the next one as code',
    { details: { needed: 'code' } },
  )
}
