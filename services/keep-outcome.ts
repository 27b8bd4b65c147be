import type { Tx } from '../db/transaction.ts'
import type { TurnWords } from './open-turn.ts'

/** Keeps what a turn came to with its update, and with its nonce: stored in the same transaction as the effect. */
export async function keepOutcome(
  tx: Tx,
  instanceId: string,
  { updateKey, nonce }: Pick<TurnWords, 'updateKey' | 'nonce'>,
  outcome: unknown,
): Promise<void> {
  await tx.query(`update handled_update set outcome = $3 where instance_id = $1 and key = any($2)`, [
    instanceId,
    nonce === null ? [updateKey] : [updateKey, `nonce:${nonce}`],
    JSON.stringify(outcome),
  ])
}
