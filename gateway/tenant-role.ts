/**
 * The role that the gateway's transactions run as: it sees and changes rows of the tenant that speaks, and nothing else
 * (migration 0012). The services ask by tenant themselves; this stands behind them, against a condition that somebody
 * forgets. It is no wall against SQL of a stranger's own, which could leave the role as we do.
 */
import type { Opening } from '../db/database.ts'
import type { Tx } from '../db/transaction.ts'
import type { Fence } from '../services/fence.ts'

/** How a worker's transaction begins: in the role, and with the fence that proves whose rows those are. */
export function openingOf({ instanceId, epoch, nonce }: Fence): Opening {
  return { role: 'botfleet_gateway', settings: { 'botfleet.fence': `${instanceId}:${epoch}:${nonce}` } }
}

/**
 * Leaves the role for the rest of the transaction: what follows may touch every tenant. Only for a person whose right to
 * that was established: one of the master's people, or who holds a code that was made for a user of ours.
 */
export async function leaveRole(tx: Tx): Promise<void> {
  await tx.query('set local role none')
}
