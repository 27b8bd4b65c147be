import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { Platform } from '../../domain/instance.ts'
import { formatAmount } from '../../domain/money.ts'
import { isTronAddress } from '../../domain/tron-address.ts'
import {
  approvalsNeeded,
  quoteWithdrawal,
  type WithdrawalOutcome,
  type WithdrawalRefusal,
  type WithdrawalRules,
  withdrawalCurrency,
} from '../../domain/withdrawal.ts'
import { appendAudit } from '../append-audit.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { enqueueToAdmins } from '../outbox/enqueue.ts'
import { readWithdrawal } from './read-withdrawals.ts'
import { tellOwners } from './tell-owners.ts'

export interface RequestWithdrawal {
  readonly tenant: string
  /** In the smallest unit of USDT. */
  readonly amount: bigint
  /** Of TRON, where it is to be paid. */
  readonly address: string
  /** What makes the request the same one when it comes again. */
  readonly key: string
  readonly rules: WithdrawalRules
  /** The chat that it was asked from: whoever it belongs to, now or later, may not approve it where two must. */
  readonly chat?: { readonly platform: Platform; readonly platformUserId: string } | undefined
}

/**
 * Holds an agent's profit for a payment (seed row S1-026): what is due has matured by then, debts block it, the fee is out
 * of the amount. The same key says the same again; with other contents it throws `conflict`.
 */
export async function requestWithdrawal(tx: Tx, actor: Actor, input: RequestWithdrawal): Promise<WithdrawalOutcome> {
  assertMay(actor, 'withdrawal.request', input.tenant)
  const { tenant, amount, rules } = input
  const quoted = quoteWithdrawal(amount, rules)
  if (quoted.kind === 'refused') return quoted
  const address = input.address.trim()
  if (!isTronAddress(address)) return { kind: 'refused', refusal: 'wrong_address', detail: null }
  const asked = await moneyCall<{
    refusal: WithdrawalRefusal | null
    detail: string | null
    repeated: boolean
    id: string
  }>(
    tx,
    `select refusal, detail::text, repeated, (w).id
     from request_withdrawal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      tenant,
      input.key,
      withdrawalCurrency,
      amount.toString(),
      rules.fee.toString(),
      address,
      approvalsNeeded(amount, rules),
      actor.name,
      actor.userId,
      input.chat?.platform ?? null,
      input.chat?.platformUserId ?? null,
    ],
  )
  if (asked.refusal !== null) {
    const detail = asked.detail === null ? null : formatAmount(BigInt(asked.detail), withdrawalCurrency)
    return { kind: 'refused', refusal: asked.refusal, detail }
  }
  const withdrawal = await readWithdrawal(tx, asked.id)
  if (!asked.repeated) {
    const { id: targetId, fee, currency } = withdrawal
    const details = { amount: withdrawal.amount, fee, currency, address }
    await appendAudit(tx, actor, {
      action: 'withdrawal.request',
      targetKind: 'withdrawal',
      targetId,
      tenantId: tenant,
      details,
    })
    await tellOwners(tx, actor, withdrawal, { kind: 'withdrawal_requested', more: { address } })
    await enqueueToAdmins(tx, {
      kind: 'withdrawal_to_review',
      reference: targetId,
      payload: { withdrawal: targetId, ...details, tenant },
    })
  }
  return { kind: 'done', withdrawal, repeated: asked.repeated }
}
