import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { WithdrawalView } from '../../domain/withdrawal.ts'
import { readWithdrawals } from './read-withdrawals.ts'
import { tenantScope } from './tenant-scope.ts'

/** One withdrawal; undefined when there is none of that id, or it is another tenant's. */
export async function showWithdrawal(
  tx: Queryable,
  actor: Actor,
  input: { id: string },
): Promise<WithdrawalView | undefined> {
  const [view] = await readWithdrawals(tx, { id: input.id, tenant: tenantScope(actor, 'withdrawal.read') })
  return view
}
