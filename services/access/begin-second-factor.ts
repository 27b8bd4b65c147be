import { randomBytes } from 'node:crypto'
import type { Database } from '../../db/database.ts'
import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { encodeBase32 } from '../../domain/base32.ts'
import { Failure } from '../../domain/failure.ts'
import { seal } from '../../domain/keyring.ts'
import { totpSecretBytes, totpUri } from '../../domain/totp.ts'
import { appendAudit } from '../append-audit.ts'
import { argon2Hasher, type PasswordHasher } from '../password-hasher.ts'
import { assertInPerson, assertOwnPassword, type OwnPassword } from './person.ts'
import { type KeyringOf, totpAad } from './second-factor.ts'

export interface BegunSecondFactor {
  /** For an authenticator that has no camera: base32. */
  readonly secret: string
  /** What its QR code says. */
  readonly uri: string
}

/**
 * Gives the actor a secret for an authenticator, shown only here; it counts once a code of it has come back
 * (`confirmSecondFactor`), and replaces one that has not. Asks for the present password.
 * Throws `not_allowed`, `too_many_attempts`, or `conflict` when there is a second factor already.
 */
export async function beginSecondFactor(
  database: Pick<Database, 'transaction'> & Queryable,
  actor: Actor,
  input: OwnPassword & { readonly keyring: KeyringOf },
  hasher: PasswordHasher = argon2Hasher,
): Promise<BegunSecondFactor> {
  assertInPerson(actor)
  await assertOwnPassword(database, actor, input, hasher)
  const secret = randomBytes(totpSecretBytes)
  const keyring = await input.keyring()
  await database.transaction(async (tx) => {
    await tx.query('select use_key($1)', [keyring.activeKeyId])
    const { rowCount } = await tx.query(
      `insert into user_totp (user_id, key_id, sealed) values ($1, $2, $3)
       on conflict (user_id) do update set key_id = excluded.key_id, sealed = excluded.sealed,
         created_at = clock_timestamp(), failures = 0, failed_at = null
       where user_totp.confirmed_at is null`,
      [actor.userId, keyring.activeKeyId, seal(keyring, totpAad(actor.userId), secret)],
    )
    if (rowCount === 0) throw new Failure('conflict', 'there is a second factor already: end it first')
    await appendAudit(tx, actor, {
      action: 'user.begin_second_factor',
      targetKind: 'user',
      targetId: actor.userId,
      tenantId: actor.tenant,
    })
  })
  return { secret: encodeBase32(secret), uri: totpUri(secret, actor.name.replace(/^user:/, ''), 'Botfleet') }
}
