import type { Tx } from '../../db/transaction.ts'
import { shopOwnerActor } from '../../domain/actor.ts'
import type { Platform } from '../../domain/instance.ts'
import { findCode, spendCode } from '../one-time-code.ts'
import { auditAgent } from './audit-agent.ts'

export interface RedeemClaim {
  /** The shop in whose bot the code arrived, from the gateway's fence: a code of another shop is unknown here. */
  readonly tenant: string
  readonly code: string
  readonly platform: Platform
  readonly platformUserId: string
  /** Where it was redeemed: `bot:<instance>`. */
  readonly source: string
}

/** `already`: this person owns the shop; the code stays good for somebody else. */
export type ClaimResult = 'claimed' | 'already' | 'unknown' | 'expired' | 'used'

/** Makes the person who opened a claim link an owner of the shop. A code that is redeemed twice at once claims once. */
export async function redeemClaim(tx: Tx, input: RedeemClaim): Promise<{ readonly result: ClaimResult }> {
  const found = await findCode(tx, input.code)
  if (found.verdict !== 'good') return { result: found.verdict }
  if (!('tenant' in found.subject) || found.subject.tenant !== input.tenant) return { result: 'unknown' }
  const { tenant, platform, platformUserId } = input
  const claimed = await tx.query(
    `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, $2, $3) on conflict do nothing`,
    [tenant, platform, platformUserId],
  )
  if (claimed.rowCount === 0) return { result: 'already' }
  await spendCode(tx, input.code)
  const actor = shopOwnerActor({ tenant, platform, platformUserId, source: input.source })
  await auditAgent(tx, actor, tenant, 'claim', { platform, platformUserId })
  return { result: 'claimed' }
}
