import type { Queryable } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'

export interface OldSeals {
  readonly credentials: number
  readonly whatsapp: number
  readonly units: number
}

/** How much is sealed under other keys than this one: what a rotation has still to do. Needs `key.rotate`. */
export async function countOldSeals(tx: Queryable, actor: Actor, input: { readonly keyId: string }): Promise<OldSeals> {
  assertMay(actor, 'key.rotate')
  const { rows } = await tx.query<OldSeals>(
    `select (select count(*)::int from (
         select key_id from instance_credential union all select key_id from user_totp
       ) as kept where key_id <> $1) as credentials,
       (select count(*)::int from (
         select key_id from whatsapp_session union all select key_id from whatsapp_key
         union all select key_id from whatsapp_message union all select key_id from pairing where sealed is not null
         union all select key_id from handled_update where body is not null
       ) as kept where key_id <> $1) as whatsapp,
       (select count(*)::int from stock_unit where key_id <> $1) as units`,
    [input.keyId],
  )
  return rows[0] ?? { credentials: 0, whatsapp: 0, units: 0 }
}
