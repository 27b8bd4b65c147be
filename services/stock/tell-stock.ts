import type { Tx } from '../../db/transaction.ts'

/**
 * Tells who should know how the stock stands: customers who asked to hear when a product is there again, once each,
 * through the bot where they asked; and the admins when a product has not more units than its threshold, once until it
 * has more again. Called where goods come and go in numbers; the server calls it for all products every minute,
 * since orders, which take the goods one by one, must not wait for it.
 * @returns how many messages were queued, and how many products are low now that were not.
 */
export async function tellStock(
  tx: Tx,
  input: { readonly product?: string | undefined } = {},
): Promise<{ told: number; low: number }> {
  const product = input.product ?? null
  await tx.query(
    `update product p set low_stock_noticed_at = null
     where low_stock_noticed_at is not null and ($1::text is null or id = $1) and not (${isLow})`,
    [product],
  )
  const low = await tx.query(
    `with low as (
       update product p set low_stock_noticed_at = clock_timestamp()
       where low_stock_noticed_at is null and status = 'active' and ($1::text is null or id = $1) and ${isLow}
       returning id, name, low_stock_noticed_at as at,
         (select count(*) from stock_unit where product_id = p.id and state = 'available') as left_over
     )
     select tell_admins('low_stock', jsonb_build_object('product', id, 'name', name, 'left', left_over),
       id || ' ' || extract(epoch from at)) from low`,
    [product],
  )
  const told = await tx.query(
    `with wanted as (
       delete from restock_wish w using product p, customer c, tenant t
       where p.id = w.product_id and c.id = w.customer_id and t.id = c.tenant_id and ($1::text is null or p.id = $1)
         and p.status = 'active' and (p.visible_to_agents or t.id = 'master') and t.status = 'active'
         and exists (select from stock_unit u where u.product_id = p.id and u.state = 'available')
       returning w.product_id, w.customer_id, w.instance_id, w.at, c.tenant_id, c.blocked_at, c.erased_at,
         coalesce(p.translations -> coalesce(c.language, split_part(c.language_hint, '-', 1)) ->> 'name', p.name) as name
     )
     select tell_customer(tenant_id, 'restock', jsonb_build_object('product', product_id, 'name', name),
       product_id || ' ' || extract(epoch from at), customer_id, instance_id)
     from wanted where blocked_at is null and erased_at is null`,
    [product],
  )
  return { told: told.rowCount, low: low.rowCount }
}

/** Not more units than the threshold; stops counting when there are. */
const isLow = `low_stock_threshold is not null and (
  select count(*) from (
    select from stock_unit where product_id = p.id and state = 'available' limit low_stock_threshold + 1
  ) as free
) <= low_stock_threshold`
