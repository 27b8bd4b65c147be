import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { parseLine } from '../../domain/catalogue.ts'
import type { RemovedStock } from '../../domain/stock-unit.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { pickUnits, type UnitChoice } from './pick-units.ts'
import { tellStock } from './tell-stock.ts'

/**
 * Takes units off the shelf for good: they are never sold, and the same goods cannot be added again. Needs
 * `stock.remove`. Throws `usage` (no reason), `not_found`.
 */
export async function spoilStock(
  tx: Tx,
  actor: Actor,
  input: { readonly product: string; readonly choice: UnitChoice; readonly reason: string },
): Promise<Omit<RemovedStock, 'removed'>> {
  assertMay(actor, 'stock.remove')
  const { product, choice } = input
  const reason = parseLine(input.reason, 'a reason', 500)
  const { meant, ids } = await pickUnits(tx, product, choice)
  await tx.query(`update stock_unit set state = 'spoilt' where id = any($1)`, [ids])
  const outcome = { product, spoilt: ids.length, kept: meant - ids.length }
  await appendAudit(tx, actor, {
    action: 'stock.spoil',
    targetKind: 'product',
    targetId: product,
    tenantId: masterTenant,
    details: { choice, reason, spoilt: outcome.spoilt, kept: outcome.kept },
  })
  await tellStock(tx, { product })
  return outcome
}
