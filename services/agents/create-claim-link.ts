import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { claimLinkTtlMs } from '../../domain/agent.ts'
import { makeOneTimeCode } from '../one-time-code.ts'
import { auditAgent } from './audit-agent.ts'
import { assertAgentExists } from './tenant-not-found.ts'

export interface ClaimLink {
  /** What the owner-to-be sends to the shop's bot where there is no link. */
  readonly message: string
  /** Opens the shop's Telegram bot with the code; null while no Telegram bot of the shop has a known name. */
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
  const bot = await botOf(tx, tenant)
  return {
    message: `/start claim-${code}`,
    link: bot === undefined ? null : `https://t.me/${bot}?start=claim-${code}`,
    expiresAt,
  }
}

/** The name of a Telegram bot of this shop, one that runs before one that does not. */
async function botOf(tx: Tx, tenant: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ platform_username: string }>(
    `select platform_username from instance
     where tenant_id = $1 and platform = 'telegram' and status <> 'deleted' and platform_username is not null
     order by state = 'running' desc, status = 'approved' desc, created_at, id limit 1`,
    [tenant],
  )
  return rows[0]?.platform_username
}
