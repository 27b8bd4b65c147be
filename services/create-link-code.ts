import type { Tx } from '../db/transaction.ts'
import { type Actor, assertCovers, assertMay } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import { linkCodeTtlMs } from '../domain/user.ts'
import { appendAudit } from './append-audit.ts'
import { lockUser } from './lock-user.ts'
import { makeOneTimeCode, type OneTimeCode } from './one-time-code.ts'

/**
 * Makes a one-time code that binds a chat identity to a person by `/start link-<code>`, good for 15 minutes; only its
 * hash is kept. Everybody may link their own chat, others need `user.manage`.
 * Throws `not_found`, or `conflict` for a disabled person.
 */
export async function createLinkCode(tx: Tx, actor: Actor, input: { readonly username: string }): Promise<OneTimeCode> {
  // Asked before the row is looked up too: who may not manage users does not learn who exists.
  if (actor.name !== `user:${input.username}`) assertMay(actor, 'user.manage')
  const user = await lockUser(tx, input.username)
  if (user.id !== actor.userId) assertMay(actor, 'user.manage')
  assertCovers(actor, user.role)
  if (user.disabled) throw new Failure('conflict', `${user.username} is disabled: a disabled user links no chat`)
  const made = await makeOneTimeCode(tx, actor, { subject: { userId: user.id }, ttlMs: linkCodeTtlMs })
  await appendAudit(tx, actor, {
    action: 'user.create_link_code',
    targetKind: 'user',
    targetId: user.id,
    tenantId: user.tenant,
    details: { username: user.username, expiresAt: made.expiresAt },
  })
  return made
}
