import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { WithdrawalOutcome } from '../../domain/withdrawal.ts'
import { finishStep, stepCall } from './finish-step.ts'
import { tenantScope } from './tenant-scope.ts'

/** Takes a request back while nobody has approved it; the held amount is available again. */
export async function cancelWithdrawal(
  tx: Tx,
  actor: Actor,
  input: { id: string; tenant?: string },
): Promise<WithdrawalOutcome> {
  const tenant = tenantScope(actor, 'withdrawal.cancel', input.tenant)
  const step = await stepCall(tx, `release_withdrawal($1, $2, 'cancelled', null, false, $3)`, [
    input.id,
    tenant,
    actor.name,
  ])
  return finishStep(tx, actor, step, {
    id: input.id,
    action: 'withdrawal.cancel',
    tell: () => ({ kind: 'withdrawal_cancelled', more: {} }),
  })
}
