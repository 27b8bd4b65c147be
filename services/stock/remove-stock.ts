import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { RemovedStock } from '../../domain/stock-unit.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { pickUnits, type UnitChoice } from './pick-units.ts'
import { tellStock } from './tell-stock.ts'

/**
 * Erases units that nobody has bought, with their goods; the same goods may then be added anew. Needs `stock.remove`.
 * Throws `not_found`.
 */
export async function removeStock(
  tx: Tx,
  actor: Actor,
  input: { readonly product: string; readonly choice: UnitChoice },
): Promise<RemovedStock> {
  assertMay(actor, 'stock.remove')
  const { product, choice } = input
  const { meant, ids } = await pickUnits(tx, product, choice)
  const outcome = { product, removed: 0, spoilt: 0, kept: meant - ids.length }
  for (let from = 0; from < ids.length; from += batchSize) {
    const some = ids.slice(from, from + batchSize)
    outcome.removed += await erase(tx, some)
    outcome.spoilt += await spoil(tx, some)
  }
  await appendAudit(tx, actor, {
    action: 'stock.remove',
    targetKind: 'product',
    targetId: product,
    tenantId: masterTenant,
    details: { choice, removed: outcome.removed, spoilt: outcome.spoilt, kept: outcome.kept },
  })
  await tellStock(tx, { product })
  return outcome
}

/** Of one statement, which has a time limit. */
const batchSize = 5000

async function erase(tx: Tx, ids: readonly number[]): Promise<number> {
  const { rowCount } = await tx.query(
    'delete from stock_unit u where id = any($1) and not exists (select from refunded_unit where unit_id = u.id)',
    [ids],
  )
  return rowCount
}

async function spoil(tx: Tx, ids: readonly number[]): Promise<number> {
  const { rowCount } = await tx.query(
    `update stock_unit set state = 'spoilt' where id = any($1) and state = 'available'`,
    [ids],
  )
  return rowCount
}
