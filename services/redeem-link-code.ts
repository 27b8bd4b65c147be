import type { Tx } from '../db/transaction.ts'
import type { Role } from '../domain/actor.ts'
import type { Platform } from '../domain/instance.ts'
import { appendAudit } from './append-audit.ts'
import { findCode, spendCode } from './one-time-code.ts'

export interface RedeemLinkCode {
  readonly code: string
  readonly platform: Platform
  readonly platformUserId: string
  /** Where it was redeemed: `bot:<instance>`. */
  readonly source: string
}

export interface RedeemedLink {
  /** `taken`: this chat identity belongs to somebody else already; the code stays good. */
  readonly result: 'linked' | 'unknown' | 'expired' | 'used' | 'taken'
  /** Whom the chat now speaks for; null unless linked. */
  readonly username: string | null
}

interface PersonRow {
  id: string
  username: string
  role: Role
  tenant_id: string | null
}

/**
 * Binds a chat identity to the person a link code was made for. A code that is redeemed twice at once links once, and a
 * chat identity never moves to another person.
 */
export async function redeemLinkCode(tx: Tx, input: RedeemLinkCode): Promise<RedeemedLink> {
  const found = await findCode(tx, input.code)
  if (found.verdict !== 'good') return { result: found.verdict, username: null }
  const person = 'userId' in found.subject ? await findPerson(tx, found.subject.userId) : undefined
  if (person === undefined) return { result: 'unknown', username: null }
  const bound = await tx.query(
    `insert into chat_identity (platform, platform_user_id, user_id) values ($1, $2, $3)
     on conflict (platform, platform_user_id) do update set linked_at = now()
       where chat_identity.user_id = excluded.user_id`,
    [input.platform, input.platformUserId, person.id],
  )
  if (bound.rowCount === 0) return { result: 'taken', username: null }
  await spendCode(tx, input.code)
  const actor = {
    name: `user:${person.username}`,
    userId: person.id,
    role: person.role,
    tenant: person.tenant_id,
    source: input.source,
  }
  await appendAudit(tx, actor, {
    action: 'user.link_chat',
    targetKind: 'user',
    targetId: person.id,
    tenantId: person.tenant_id,
    details: { username: person.username, platform: input.platform, platformUserId: input.platformUserId },
  })
  return { result: 'linked', username: person.username }
}

/** The person behind a code; a disabled one has none. */
async function findPerson(tx: Tx, userId: string): Promise<PersonRow | undefined> {
  const { rows } = await tx.query<PersonRow>(
    'select id, username, role, tenant_id from app_user where id = $1 and disabled_at is null',
    [userId],
  )
  return rows[0]
}
