import { isUtf8 } from 'node:buffer'
import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { SoldUnit, UnitKind } from '../../domain/stock-unit.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { appendAudit } from '../append-audit.ts'
import { assertProduct } from '../catalogue/read-products.ts'
import { openStockUnit } from './open-stock-unit.ts'

/** Which sales; times are of the payment. */
export interface SoldFilter {
  readonly product?: string | undefined
  readonly from?: Date | undefined
  /** Not itself any more. */
  readonly until?: Date | undefined
}

export interface SoldPage {
  readonly units: readonly SoldUnit[]
  /** Where the next page goes on; undefined at the end. */
  readonly next: number | undefined
}

interface Row {
  order_id: number
  unit_id: number
  product_id: string
  tenant_id: string
  customer_id: string
  paid_at: Date
  refunded_at: Date | null
  kind: UnitKind
  file_name: string | null
  sealed: string
}

/**
 * A page of what was sold, goods in plain, by the order; `after` is null for the first page, which leaves its row in the
 * audit before anything is shown. Needs `stock.export`. Throws `not_found`, and as `openStockUnit` does.
 */
export async function exportSold(
  tx: Tx,
  actor: Actor,
  input: {
    readonly filter: SoldFilter
    readonly keyring: Keyring
    readonly after: number | null
    /** Orders of a page. */
    readonly limit: number
  },
): Promise<SoldPage> {
  assertMay(actor, 'stock.export')
  const { filter, after } = input
  if (filter.product !== undefined) await assertProduct(tx, filter.product)
  if (after === null) await auditExport(tx, actor, filter)
  const orders = await tx.query<{ id: number }>(
    `select id from customer_order
     where id > $4 and paid_at is not null and ($1::text is null or product_id = $1)
       and ($2::timestamptz is null or paid_at >= $2) and ($3::timestamptz is null or paid_at < $3)
     order by id limit $5`,
    [filter.product ?? null, filter.from ?? null, filter.until ?? null, after ?? 0, input.limit],
  )
  const ids = orders.rows.map(({ id }) => id)
  const { rows } = await tx.query<Row>(
    `select s.order_id, s.unit_id, u.product_id, o.tenant_id, o.customer_id, o.paid_at, s.refunded_at, u.kind, u.file_name,
       u.sealed
     from order_unit s join customer_order o on o.id = s.order_id join stock_unit u on u.id = s.unit_id
     where s.order_id = any($1) order by s.order_id, s.unit_id`,
    [ids],
  )
  return {
    units: rows.map((row) => viewOf(row, input.keyring)),
    next: ids.length < input.limit ? undefined : ids.at(-1),
  }
}

/** Orders of a page. */
const pageSize = 500

/** Every page of an export; `read` gets one by `exportSold`, each in a transaction of its own. */
export async function* soldPages(
  read: (page: { readonly after: number | null; readonly limit: number }) => Promise<SoldPage>,
): AsyncGenerator<readonly SoldUnit[]> {
  for (let after: number | null | undefined = null; after !== undefined; ) {
    const page: SoldPage = await read({ after, limit: pageSize })
    yield page.units
    after = page.next
  }
}

async function auditExport(tx: Tx, actor: Actor, filter: SoldFilter): Promise<void> {
  await appendAudit(tx, actor, {
    action: 'stock.export',
    targetKind: 'product',
    targetId: filter.product ?? null,
    tenantId: masterTenant,
    details: { from: filter.from ?? null, until: filter.until ?? null },
  })
}

function viewOf(row: Row, keyring: Keyring): SoldUnit {
  const content = openStockUnit(keyring, row)
  const encoding = isUtf8(content) ? 'utf-8' : 'base64'
  return {
    order: row.order_id,
    unit: row.unit_id,
    product: row.product_id,
    tenant: row.tenant_id,
    customer: row.customer_id,
    sold_at: row.paid_at.toISOString(),
    refunded_at: row.refunded_at?.toISOString() ?? null,
    kind: row.kind,
    file_name: row.file_name,
    encoding,
    content: content.toString(encoding),
  }
}
