import type { Queryable } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import type { WithdrawalState, WithdrawalView } from '../../domain/withdrawal.ts'
import { readWithdrawals } from './read-withdrawals.ts'
import { tenantScope } from './tenant-scope.ts'

/** Withdrawals, newest first, of one tenant or of all; an agent sees its own. `before` pages on by id. */
export async function listWithdrawals(
  tx: Queryable,
  actor: Actor,
  input: {
    tenant?: string | undefined
    status?: WithdrawalState | undefined
    before?: string | undefined
    limit?: number
  } = {},
): Promise<WithdrawalView[]> {
  const tenant = tenantScope(actor, 'withdrawal.read', input.tenant)
  return readWithdrawals(tx, { tenant, state: input.status, before: input.before, limit: input.limit ?? 50 })
}
