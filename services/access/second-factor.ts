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

interface Authenticator {
  readonly sealed: string
  readonly confirmed: boolean
  readonly last_counter: number
  readonly failures: number
  readonly failed_age_ms: number | null
  readonly now_ms: number
}

/** A person's authenticator, held until the transaction ends; undefined when none was begun. The database's clock counts. */
export async function lockAuthenticator(tx: Tx, userId: string): Promise<Authenticator | undefined> {
  const { rows } = await tx.query<Authenticator>(
    `select sealed, confirmed_at is not null as confirmed, last_counter, failures,
       (extract(epoch from clock_timestamp() - failed_at) * 1000)::double precision as failed_age_ms,
       (extract(epoch from clock_timestamp()) * 1000)::double precision as now_ms
     from user_totp where user_id = $1 for update`,
    [userId],
  )
  return rows[0]
}

/**
 * Judges a code of a person whose password was right, holding their second factor until the transaction ends: of two
 * that bring the same code at once one is right. A recovery code is asked no patience of: nobody guesses it, and it lets
 * the person in whom somebody with their password keeps busy.
 */
export async function judgeCode(
  tx: Tx,
  input: { readonly userId: string; readonly code: string | undefined; readonly keyring: KeyringOf },
): Promise<CodeVerdict> {
  const { userId, code } = input
  const factor = await lockAuthenticator(tx, userId)
  if (factor?.confirmed !== true) return { kind: 'none' }
  if (code === undefined) return { kind: 'needed' }
  const typed = code.replaceAll(/\s/g, '')
  return isTotpShaped(typed) ? judgeTotp(tx, factor, { ...input, code: typed }) : judgeRecoveryCode(tx, userId, typed)
}

/**
 * Judges what a locked authenticator may show. A right code is used up; wrong ones are counted for the account, wherever
 * they come from.
 */
export async function judgeTotp(
  tx: Tx,
  factor: Authenticator,
  { userId, code, keyring }: { readonly userId: string; readonly code: string; readonly keyring: KeyringOf },
): Promise<CodeVerdict> {
  const delayMs = codeDelayMs(factor.failures, factor.failed_age_ms ?? 0)
  if (delayMs > 0) return { kind: 'too_early', delayMs }
  const counter = matchTotp(openBytes(await keyring(), totpAad(userId), factor.sealed), {
    code,
    nowMs: factor.now_ms,
    lastCounter: factor.last_counter,
  })
  await tx.query(
    counter === undefined
      ? 'update user_totp set failures = failures + 1, failed_at = clock_timestamp() where user_id = $1'
      : 'update user_totp set last_counter = $2, failures = 0, failed_at = null where user_id = $1',
    counter === undefined ? [userId] : [userId, counter],
  )
  return counter === undefined ? { kind: 'wrong' } : { kind: 'right', by: 'totp' }
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
