import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { WithdrawalOutcome } from '../../domain/withdrawal.ts'
import { finishStep, stepCall } from './finish-step.ts'

const reasonMax = 500

/** Gives the held amount back, with a reason that the owners read; one that is approved only with force. */
export async function rejectWithdrawal(
  tx: Tx,
  actor: Actor,
  input: { id: string; reason: string; force?: boolean },
): Promise<WithdrawalOutcome> {
  assertMay(actor, 'withdrawal.review')
  const force = input.force === true
  if (force) assertMay(actor, 'withdrawal.force')
  const reason = input.reason.trim().slice(0, reasonMax)
  if (reason === '') return { kind: 'refused', refusal: 'no_reason', detail: null }
  const step = await stepCall(tx, `release_withdrawal($1, null, 'rejected', $2, $3, $4)`, [
    input.id,
    reason,
    force,
    actor.name,
  ])
  return finishStep(tx, actor, step, {
    id: input.id,
    action: 'withdrawal.reject',
    details: { reason, ...(force ? { force } : {}) },
    tell: () => ({ kind: 'withdrawal_rejected', more: { reason } }),
  })
}
