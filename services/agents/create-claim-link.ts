import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { claimLinkTtlMs } from '../../domain/agent.ts'
import type { Platform } from '../../domain/instance.ts'
import { makeOneTimeCode } from '../one-time-code.ts'
import { auditAgent } from './audit-agent.ts'
import { assertAgentExists } from './tenant-not-found.ts'

export interface ClaimLink {
  /** What the owner-to-be sends to the shop's bot where there is no link. */
  readonly message: string
  /** Opens a bot of the shop with the code: a Telegram bot whose name is known, else a WhatsApp one; null without either. */
  readonly link: string | null
  readonly expiresAt: string
}

/**
 * Makes a link by which whoever opens it first becomes an owner of an agent's shop: it works once, within a day, in a bot
 * of that shop, and only its hash is kept. Throws `not_found`.
 */
export async function createClaimLink(tx: Tx, actor: Actor, input: { readonly tenant: string }): Promise<ClaimLink> {
  const { tenant } = input
  assertMay(actor, 'agent.manage', tenant)
  await assertAgentExists(tx, tenant)
  const { code, expiresAt } = await makeOneTimeCode(tx, actor, { subject: { tenant }, ttlMs: claimLinkTtlMs })
  await auditAgent(tx, actor, tenant, 'create_claim_link', { expiresAt })
  const message = `/start claim-${code}`
  return { message, link: await linkTo(tx, tenant, { code, message }), expiresAt }
}

/** A Telegram bot before a WhatsApp one, which only opens with the words typed in; one that runs before one that does not. */
async function linkTo(tx: Tx, tenant: string, given: { code: string; message: string }): Promise<string | null> {
  const { rows } = await tx.query<{
    platform: Platform
    platform_username: string | null
    phone_number: string | null
  }>(
    `select platform, platform_username, phone_number from instance
     where tenant_id = $1 and status <> 'deleted' and coalesce(platform_username, phone_number) is not null
       and (platform = 'whatsapp' or platform_username is not null)
     order by platform = 'telegram' desc, state = 'running' desc, status = 'approved' desc, created_at, id limit 1`,
    [tenant],
  )
  const bot = rows[0]
  if (bot === undefined) return null
  if (bot.platform === 'telegram') return `https://t.me/${bot.platform_username}?start=claim-${given.code}`
  const number = (bot.phone_number ?? '').replace(/\D/g, '')
  return `https://wa.me/${number}?text=${encodeURIComponent(given.message)}`
}
