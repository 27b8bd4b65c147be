import type { Tx } from '../db/transaction.ts'

/** Notes that the answers to these updates have gone out, so that a redelivery is not answered again. */
export async function markAnswered(
  tx: Tx,
  input: { instanceId: string; updateKeys: readonly string[] },
): Promise<void> {
  await tx.query(
    `update handled_update set answered_at = now() where instance_id = $1 and key = any($2) and answered_at is null`,
    [input.instanceId, input.updateKeys],
  )
}
