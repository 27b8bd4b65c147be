import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import { appendAudit } from './append-audit.ts'

/** Notes that somebody takes a copy of everything; written before the copy is begun, so that it holds this line too. */
export async function recordBackup(tx: Tx, actor: Actor, input: { keyId: string }): Promise<void> {
  assertMay(actor, 'database.backup')
  await appendAudit(tx, actor, {
    action: 'database.backup',
    targetKind: 'database',
    targetId: null,
    tenantId: null,
    details: { key_id: input.keyId },
  })
}
