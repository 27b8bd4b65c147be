import type { Queryable } from '../../../db/transaction.ts'
import { checkLedger, type LedgerFinding } from '../../../services/ledger/check-ledger.ts'
import { ownerActor } from '../../support/rig.ts'

/** What the ledger check finds wrong: nothing, in a ledger that is in order. */
export async function clean(tx: Queryable): Promise<LedgerFinding[]> {
  const { findings } = await checkLedger(tx, ownerActor)
  return findings.filter(({ count }) => count > 0)
}
