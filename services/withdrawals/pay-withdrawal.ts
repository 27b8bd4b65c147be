import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { txidOf, type WithdrawalOutcome } from '../../domain/withdrawal.ts'
import { finishStep, stepCall } from './finish-step.ts'

/**
 * Writes down that an approved withdrawal was paid outside, by which transaction: one transaction pays one withdrawal.
 * Paid again by the same one it says the same.
 */
export async function payWithdrawal(
  tx: Tx,
  actor: Actor,
  input: { id: string; txid: string },
): Promise<WithdrawalOutcome> {
  assertMay(actor, 'withdrawal.pay')
  const txid = txidOf(input.txid)
  if (txid === undefined) return { kind: 'refused', refusal: 'wrong_txid', detail: null }
  const step = await stepCall(tx, 'pay_withdrawal($1, $2, $3)', [input.id, txid, actor.name])
  return finishStep(tx, actor, step, {
    id: input.id,
    action: 'withdrawal.pay',
    details: { txid },
    tell: () => ({ kind: 'withdrawal_paid', more: { txid } }),
  })
}
