import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { WithdrawalOutcome } from '../../domain/withdrawal.ts'
import { finishStep, stepCall } from './finish-step.ts'

/**
 * One person's approval; the last one needed makes it approved (seed row S1-027). Above the limit two people must: users
 * of ours, each counted once through whichever face, and neither of them the requester. Somebody who is no user, as the
 * bare CLI, approves only what one person may.
 */
export async function approveWithdrawal(tx: Tx, actor: Actor, input: { id: string }): Promise<WithdrawalOutcome> {
  assertMay(actor, 'withdrawal.review')
  const step = await stepCall(tx, 'approve_withdrawal($1, $2, $3)', [input.id, actor.name, actor.userId])
  return finishStep(tx, actor, step, {
    id: input.id,
    action: 'withdrawal.approve',
    tell: (withdrawal) => (withdrawal.status === 'approved' ? { kind: 'withdrawal_approved', more: {} } : undefined),
  })
}
