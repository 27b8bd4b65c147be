/** The figures of orders: each beside what bounds it, in the same run. */
import type { Figure, Run } from '../figure.ts'
import { BenchShop, hotProduct } from '../support/bench-shop.ts'
import { orderByStatements } from '../support/order-by-statements.ts'
import { orderRates } from '../support/order-rates.ts'
import { contest, type Rate } from '../support/rate.ts'

const limit = 'commits of one row'
const setting =
  'Postgres with fsync on; 100 products, 16 agents, 800 customers; every order of one unit through `placeOrder`, its goods, money, profit and message of delivery included; orders and floor by turns of a second, the median of seven.'

const atLeast = (least: number) => ({
  text: `ratio >= ${least}`,
  holds: ({ ratio }: { ratio: { median: number } | undefined }) => ratio !== undefined && ratio.median >= least,
})

export const orderOne: Figure = {
  name: 'order-1',
  title: 'complete orders, 1 client',
  unit: 'a second',
  digits: 0,
  floor: limit,
  reach: atLeast(0.25),
  how: setting,
  measure: (run) => beside(run, 1),
}

export const orderEight: Figure = {
  name: 'order-8',
  title: 'complete orders, 8 clients',
  unit: 'a second',
  digits: 0,
  floor: limit,
  reach: atLeast(0.15),
  how: 'The same with 8 clients.',
  measure: (run) => beside(run, 8),
}

async function beside(run: Run, clients: number) {
  const { order, insert } = await orderRates(run, clients)
  return { ours: order.perSecond, floor: insert.perSecond }
}

export const orderRows: Figure = {
  name: 'order-32-rows',
  title: 'rows written by orders, 32 clients',
  unit: 'rows a second',
  digits: 0,
  floor: 'rows of commits of one row',
  reach: atLeast(0.8),
  how: 'The same with 32 clients, in rows: what one order inserts and updates, as Postgres counts it.',
  measure: async (run) => {
    const { order, insert, rowsOfOrder } = await orderRates(run, 32)
    return { ours: order.perSecond * rowsOfOrder, floor: insert.perSecond, besides: { 'rows an order': rowsOfOrder } }
  },
}

export const orderWaits: Figure = {
  name: 'order-p99',
  title: 'waiting for an order, 8 clients, p99',
  unit: 'ms',
  digits: 1,
  floor: 'p50',
  reach: { text: 'p99 <= 6 x p50', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 6 },
  how: 'Of the orders of `order-8`.',
  measure: async (run) => {
    const { order } = await orderRates(run, 8)
    return { ours: order.p99Ms, floor: order.p50Ms }
  },
}

export const orderStatements: Figure = {
  name: 'order-vs-statements',
  title: 'complete orders, 8 clients, against statements from Node',
  unit: 'a second',
  digits: 0,
  floor: 'the same order as separate statements',
  reach: atLeast(1.6),
  how: 'The floor writes the same rows by nine statements in a transaction, from the same process over the same pool.',
  measure: (run) => duel(run, 8, (shop) => ({ ours: () => shop.order(), floor: () => orderByStatements(shop) })),
}

export const orderHot: Figure = {
  name: 'hot-product',
  title: 'orders of one hot product, 16 clients',
  unit: 'a second',
  digits: 0,
  floor: 'of 100 products',
  reach: atLeast(0.9),
  how: 'Everybody buys the same product, from whichever agent; "as fast" is within a tenth.',
  measure: (run) =>
    duel(run, 16, (shop) => ({ ours: () => shop.order({ product: hotProduct }), floor: () => shop.order() })),
}

export const orderAgent: Figure = {
  name: 'one-agent',
  title: 'orders from one agent, 16 clients',
  unit: 'a second',
  digits: 0,
  floor: 'from 16 agents',
  reach: atLeast(0.9),
  how: 'Everybody buys from the same agent, whose profit and whose revenue they all make.',
  measure: (run) => duel(run, 16, (shop) => ({ ours: () => shop.order({ agent: 1 }), floor: () => shop.order() })),
}

async function duel(
  run: Run,
  clients: number,
  works: (shop: BenchShop) => { ours: () => Promise<void>; floor: () => Promise<void> },
) {
  const options = { clients, signal: run.bench.signal, sliceMs: 1000, slices: 5 }
  const rates: Record<'ours' | 'floor', Rate> = await BenchShop.use(run.bench, clients, (shop) =>
    contest(works(shop), options),
  )
  return { ours: rates.ours.perSecond, floor: rates.floor.perSecond }
}
