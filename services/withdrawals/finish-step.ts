import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { Notices } from '../../domain/notices.ts'
import type { WithdrawalOutcome, WithdrawalRefusal, WithdrawalState, WithdrawalView } from '../../domain/withdrawal.ts'
import { appendAudit } from '../append-audit.ts'
import { moneyCall } from '../ledger/money-call.ts'
import { readWithdrawal } from './read-withdrawals.ts'
import { tellOwners } from './tell-owners.ts'

/** What the database said to a step of a withdrawal. */
export interface Step {
  readonly refusal: WithdrawalRefusal | null
  readonly repeated: boolean
  readonly state: WithdrawalState | null
}

/** Makes a step by its function in the database: one statement. */
export function stepCall(tx: Tx, call: string, values: readonly unknown[]): Promise<Step> {
  return moneyCall<Step>(tx, `select refusal, repeated, (w).state from ${call}`, values)
}

type Told = {
  [K in 'withdrawal_approved' | 'withdrawal_rejected' | 'withdrawal_paid' | 'withdrawal_cancelled']: {
    readonly kind: K
    readonly more: Omit<Notices[K], keyof Notices['withdrawal_approved']>
  }
}['withdrawal_approved' | 'withdrawal_rejected' | 'withdrawal_paid' | 'withdrawal_cancelled']

/** Writes a step that was made into the audit and tells the owners; says what became of it. */
export async function finishStep(
  tx: Tx,
  actor: Actor,
  step: Step,
  about: {
    readonly id: string
    readonly action: string
    readonly details?: Readonly<Record<string, unknown>>
    readonly tell: (withdrawal: WithdrawalView) => Told | undefined
  },
): Promise<WithdrawalOutcome> {
  if (step.refusal !== null) return { kind: 'refused', refusal: step.refusal, detail: step.state }
  const withdrawal = await readWithdrawal(tx, about.id)
  if (!step.repeated) {
    await appendAudit(tx, actor, {
      action: about.action,
      targetKind: 'withdrawal',
      targetId: withdrawal.id,
      tenantId: withdrawal.tenant,
      details: { amount: withdrawal.amount, currency: withdrawal.currency, ...about.details },
    })
    const told = about.tell(withdrawal)
    if (told !== undefined) await tellOwners(tx, actor, withdrawal, told)
  }
  return { kind: 'done', withdrawal, repeated: step.repeated }
}
