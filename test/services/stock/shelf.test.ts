/** What leaves the shelf: removal, spoiling, export; and the examination that compares it with the orders. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../../domain/actor.ts'
import { listAudit } from '../../../services/audit/list-audit.ts'
import { countStock } from '../../../services/stock/count-stock.ts'
import { examineStock } from '../../../services/stock/examine-stock.ts'
import { exportSold, type SoldPage } from '../../../services/stock/export-sold.ts'
import { listStock } from '../../../services/stock/list-stock.ts'
import { readGoods } from '../../../services/stock/read-goods.ts'
import { removeStock } from '../../../services/stock/remove-stock.ts'
import { spoilStock } from '../../../services/stock/spoil-stock.ts'
import { ownerActor } from '../../support/rig.ts'
import { Shelf } from './shelf-fixture.ts'

let shelf: Shelf
// Each group has a database of its own: some of them spoil it.
const openShelf = () => {
  beforeAll(async () => {
    shelf = await Shelf.open()
  })
  afterAll(() => shelf.close())
}

const operator: Actor = { ...ownerActor, role: 'operator' }
const units = async (product: string) =>
  (await shelf.run(listStock, { product, limit: 100 })).reverse().map(({ id }) => id)

describe('removal', () => {
  openShelf()

  test('erases what nobody has bought, by its numbers, by its import, or all', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a\nb\nc')
    const { import: batch } = await shelf.add(product, 'd\ne')
    await shelf.add(product, 'f')
    const [first = 0] = await units(product)
    expect(await shelf.run(removeStock, { product, choice: { units: [first] } })).toEqual({
      product,
      removed: 1,
      spoilt: 0,
      kept: 0,
    })
    expect(await shelf.run(removeStock, { product, choice: { batch } })).toMatchObject({ removed: 2 })
    expect(await shelf.run(removeStock, { product, choice: { all: true } })).toMatchObject({ removed: 3 })
    expect(await shelf.states(product)).toEqual({})
    expect((await shelf.add(product, 'a')).added).toBe(1)
  })

  test('what is sold or reserved stays', async () => {
    const product = await shelf.product()
    const { import: batch } = await shelf.add(product, 'a\nb\nc')
    const buyer = await shelf.buyer()
    await shelf.order(buyer, product, 1)
    await shelf.order(buyer, product, 1, 600)
    expect(await shelf.run(removeStock, { product, choice: { batch } })).toMatchObject({ removed: 1, kept: 2 })
    expect(await shelf.states(product)).toEqual({ sold: 1, reserved: 1 })
  })

  test('what was sold once and came back is kept for its order, and not sold again', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a')
    const { id } = await shelf.order(await shelf.buyer(), product, 1)
    await shelf.rows(`select refund_order($1, null, 'r', true, 'unused', 'test')`, [id])
    expect(await shelf.run(removeStock, { product, choice: { all: true } })).toMatchObject({ removed: 0, spoilt: 1 })
    expect(await shelf.states(product)).toEqual({ spoilt: 1 })
  })

  test('of a unit that is being bought at this moment either the buyer or the removal has it', async () => {
    const product = await shelf.product()
    await shelf.add(product, Array.from({ length: 20 }, (_, at) => `u${at}`).join('\n'))
    const buyers = await Promise.all(Array.from({ length: 5 }, () => shelf.buyer()))
    const [, ...orders] = await Promise.all([
      shelf.run(removeStock, { product, choice: { all: true } }),
      ...buyers.map((buyer) => shelf.order(buyer, product, 2)),
    ])
    const paid = orders.filter(({ status }) => status === 'paid').length
    const left = await shelf.states(product)
    expect(left['sold'] ?? 0).toBe(paid * 2)
    expect((await examineStock(shelf.test.database, ownerActor)).unfitting_orders.count).toBe(0)
  })

  test('units of another product and imports of another one are not found', async () => {
    const [one, other] = [await shelf.product(), await shelf.product()]
    const { import: batch } = await shelf.add(one, 'a')
    for (const choice of [{ batch }, { units: await units(one) }]) {
      await expect(shelf.run(removeStock, { product: other, choice })).rejects.toThrow(`${other} has no`)
    }
    await expect(shelf.run(removeStock, { product: 'nothing', choice: { all: true } })).rejects.toThrow('no product')
    expect(await shelf.states(one)).toEqual({ available: 1 })
  })

  test('spoilt goods are never sold, and cannot be added again', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a\nb')
    const [first = 0] = await units(product)
    const spoil = { product, choice: { units: [first] }, reason: 'complaint' }
    expect(await shelf.run(spoilStock, spoil)).toEqual({ product, spoilt: 1, kept: 0 })
    expect((await shelf.add(product, 'a')).skipped).toEqual([{ line: 1, trouble: 'in_stock' }])
    expect((await shelf.order(await shelf.buyer(), product, 2)).status).toBe('refused')
    const [row] = await listAudit(shelf.test.database, ownerActor, { target: product, action: 'stock.spoil' })
    expect(row?.details).toMatchObject({ reason: 'complaint', spoilt: 1 })
    await expect(shelf.run(spoilStock, { ...spoil, reason: ' ' })).rejects.toThrow('a reason')
  })

  test('an operator, who may add, may not remove or spoil', async () => {
    const product = await shelf.product()
    await expect(shelf.run(removeStock, { product, choice: { all: true } }, operator)).rejects.toThrow('stock.remove')
    const spoil = { product, choice: { all: true as const }, reason: 'x' }
    await expect(shelf.run(spoilStock, spoil, operator)).rejects.toThrow('stock.remove')
  })

  test('the database keeps what was sold, whoever deletes', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a\nb')
    const buyer = await shelf.buyer()
    const { id } = await shelf.order(buyer, product, 1)
    await shelf.order(buyer, product, 1, 600)
    await expect(shelf.rows('delete from stock_unit where order_id = $1', [id])).rejects.toThrow(
      'what was sold is kept',
    )
    await expect(shelf.rows(`delete from stock_unit where state = 'reserved'`)).rejects.toThrow('what was sold is kept')
  })
})

describe('the paths of goods', () => {
  openShelf()

  const paths = [
    ['available', 'reserved'],
    ['available', 'sold'],
    ['available', 'spoilt'],
    ['reserved', 'available'],
    ['reserved', 'sold'],
    ['sold', 'spoilt'],
    ['sold', 'available'],
  ]
  const states = ['available', 'reserved', 'sold', 'spoilt']

  test.each(states.flatMap((from) => states.filter((to) => to !== from).map((to) => [from, to] as const)))(
    'from %s to %s: as the table says',
    async (from, to) => {
      const product = await shelf.product()
      await shelf.add(product, 'a')
      const { id: order } = await shelf.order(await shelf.buyer(), product, 1, 600)
      const put = (state: string) =>
        shelf.rows(
          `update stock_unit set state = $2::text, order_id = case when $2 in ('reserved', 'sold') then $3::bigint end,
             reserved_until = case when $2 = 'reserved' then now() end where product_id = $1`,
          [product, state, order],
        )
      if (from !== 'reserved') await put('available')
      if (from === 'sold' || from === 'spoilt') await put(from)
      const isAllowed = paths.some(([one, other]) => one === from && other === to)
      if (isAllowed) await put(to)
      else await expect(put(to)).rejects.toThrow(`stock does not go from ${from} to ${to}`)
    },
  )

  test('a unit stays what it is, and changes hands by way of the shelf only', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a\nb')
    const buyer = await shelf.buyer()
    const first = await shelf.order(buyer, product, 1)
    const second = await shelf.order(buyer, product, 1)
    const other = await shelf.product()
    const set = (what: string) => shelf.rows(`update stock_unit set ${what} where order_id = $1`, [first.id])
    await expect(set(`product_id = '${other}'`)).rejects.toThrow('stays what it is')
    await expect(set(`fingerprint = sha256('x')`)).rejects.toThrow('stays what it is')
    await expect(set(`order_id = ${second.id}`)).rejects.toThrow('by way of the shelf')
    await expect(set('order_id = null')).rejects.toThrow(/by way of the shelf|violates check/)
  })
})

describe('what was sold', () => {
  openShelf()

  const all = async (filter: Parameters<typeof exportSold>[2]['filter'], limit = 100) => {
    const found = []
    for (let after: number | null | undefined = null; after !== undefined; ) {
      const page: SoldPage = await shelf.run(exportSold, { filter, keyring: shelf.keyring, after, limit })
      found.push(...page.units)
      after = page.next
    }
    return found
  }

  test('is exported in plain, in any size of pages, of one product or a period', async () => {
    const [one, other] = [await shelf.product(), await shelf.product()]
    await shelf.add(one, 'a\nb\nc\nd\ne')
    await shelf.add(other, 'f')
    const buyer = await shelf.buyer('agent:ann')
    const first = await shelf.order(buyer, one, 2)
    const second = await shelf.order(buyer, one, 2)
    await shelf.order(buyer, other, 1)
    await shelf.order(buyer, one, 1, 600)
    const whole = await all({ product: one })
    expect(whole.map(({ order, content }) => [order, content])).toEqual([
      [first.id, 'a'],
      [first.id, 'b'],
      [second.id, 'c'],
      [second.id, 'd'],
    ])
    expect(whole[0]).toMatchObject({ tenant: 'agent:ann', customer: buyer.customerId, encoding: 'utf-8', kind: 'line' })
    for (const limit of [1, 3, 4]) expect(await all({ product: one }, limit)).toEqual(whole)
    const between = new Date(whole[2]?.sold_at ?? '')
    expect((await all({ product: one, until: between })).map(({ content }) => content)).toEqual(['a', 'b'])
    expect((await all({ product: one, from: between })).map(({ content }) => content)).toEqual(['c', 'd'])
    expect((await all({})).map(({ content }) => content)).toEqual(expect.arrayContaining(['a', 'f']))
  })

  test('leaves a row in the audit before anything is shown, and only an admin gets it', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a')
    await shelf.order(await shelf.buyer(), product, 1)
    await expect(
      shelf.run(exportSold, { filter: { product }, keyring: shelf.keyring, after: null, limit: 1 }, operator),
    ).rejects.toThrow('stock.export')
    const exports = () => listAudit(shelf.test.database, ownerActor, { target: product, action: 'stock.export' })
    expect(await exports()).toEqual([])
    await all({ product })
    expect(await exports()).toHaveLength(1)
  })

  test('goes to its buyer as it was, but not what was refunded', async () => {
    const product = await shelf.product()
    await shelf.add(product, 'a\nb')
    const { id: orderId } = await shelf.order(await shelf.buyer(), product, 2)
    const contents = async () =>
      (await readGoods(shelf.test.database, shelf.keyring, { orderId })).map(({ content }) => content.toString())
    expect(await contents()).toEqual(['a', 'b'])
    const [first = 0] = await units(product)
    await shelf.rows(`select refund_order($1, array[$2::bigint], 'r', true, 'wrong', 'test')`, [orderId, first])
    expect(await contents()).toEqual(['b'])
    const exported = await all({ product })
    expect(exported.map(({ content, refunded_at: at }) => [content, at === null])).toEqual([
      ['a', false],
      ['b', true],
    ])
    // Somebody else has it now: it is exported for both, and read by the second only.
    const again = await shelf.order(await shelf.buyer(), product, 1)
    expect((await all({ product })).map(({ order, content }) => [order, content])).toEqual([
      [orderId, 'a'],
      [orderId, 'b'],
      [again.id, 'a'],
    ])
    expect(await contents()).toEqual(['b'])
  })
})

describe('the examination', () => {
  openShelf()

  test('finds nothing after any run of imports, orders and removals', async () => {
    const product = await shelf.product()
    const buyer = await shelf.buyer()
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('buy' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant('hold' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant('release' as const) }),
      fc.record({ kind: fc.constant('remove' as const) }),
    )
    let line = 0
    let added = 0
    let removed = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        for (const one of steps) {
          if (one.kind === 'add') {
            const text = Array.from({ length: one.count }, () => `line ${(line += 1)}`).join('\n')
            added += (await shelf.add(product, text)).added
          } else if (one.kind === 'buy') await shelf.order(buyer, product, one.count)
          else if (one.kind === 'hold') await shelf.order(buyer, product, one.count, 0)
          else if (one.kind === 'release') await shelf.rows('select release_unpaid_orders(100)')
          else removed += (await shelf.run(removeStock, { product, choice: { all: true } })).removed
        }
        const [counts] = await shelf.run(countStock, { product })
        const sum = (counts?.available ?? 0) + (counts?.reserved ?? 0) + (counts?.sold ?? 0) + (counts?.spoilt ?? 0)
        expect(sum).toBe(added - removed)
        const found = await examineStock(shelf.test.database, ownerActor)
        expect(found.unfitting_orders).toEqual({ count: 0, first: [] })
        expect(found.unfitting_units).toEqual({ count: 0, first: [] })
      }),
      { numRuns: 15 },
    )
  }, 60_000)

  test('names an order whose goods were taken away, a unit of no order, and a reservation that is stuck', async () => {
    const own = await Shelf.open()
    try {
      const product = await own.product()
      await own.add(product, 'a\nb\nc\nd')
      const buyer = await own.buyer()
      const paid = await own.order(buyer, product, 1)
      const held = await own.order(buyer, product, 1, 600)
      const sound = await examineStock(own.test.database, ownerActor)
      expect([sound.unfitting_orders.count, sound.unfitting_units.count, sound.stuck]).toEqual([0, 0, 0])
      await own.rows(`update stock_unit set state = 'spoilt' where order_id = $1`, [paid.id])
      const [lost] = await own.rows<{ id: number }>(
        `update stock_unit set state = 'sold', order_id = $1
         where id = (select max(id) from stock_unit where state = 'available') returning id`,
        [held.id],
      )
      await own.rows(`update stock_unit set reserved_until = now() - interval '6 minutes' where state = 'reserved'`)
      const found = await examineStock(own.test.database, ownerActor)
      expect(found.unfitting_orders).toEqual({ count: 2, first: [paid.id, held.id] })
      expect(found.unfitting_units).toEqual({ count: 1, first: [lost?.id] })
      expect(found.stuck).toBe(1)
    } finally {
      await own.close()
    }
  })

  test('names active products with nothing to sell, and agents without a markup in a currency', async () => {
    const own = await Shelf.open()
    try {
      const [empty, hidden] = [await own.product(), await own.product({ hidden: true })]
      await own.buyer('agent:ann')
      await own.rows(`update tenant set markup_kind = 'fixed' where id = 'agent:ann'`)
      const found = await examineStock(own.test.database, ownerActor)
      expect(found.sold_out).toEqual([empty])
      expect(found.sold_out).not.toContain(hidden)
      expect(found.without_markup).toEqual([{ tenant: 'agent:ann', currency: 'USDT' }])
    } finally {
      await own.close()
    }
  })
})
