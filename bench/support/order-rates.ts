import type { Run } from '../figure.ts'
import { BenchShop } from './bench-shop.ts'
import { contest, type Rate } from './rate.ts'

export interface OrderRates {
  readonly order: Rate
  /** Commits of one row. */
  readonly insert: Rate
  /** An order, its unit, an entry, two transfers, a balance, a profit, a message. */
  readonly rowsOfOrder: number
}

/** Orders beside one-row commits, by turns, with so many clients: once a run. */
export function orderRates(run: Run, clients: number): Promise<OrderRates> {
  return run.once(`orders of ${clients}`, () =>
    BenchShop.use(run.bench, clients, async (shop) => {
      const works = { order: () => shop.order(), insert: () => shop.insert() }
      const options = { clients, signal: run.bench.signal, sliceMs: 1000, slices: 7 }
      const rates = await contest(works, options)
      return { ...rates, rowsOfOrder: await rowsOfOrder(shop) }
    }),
  )
}

/** Counted by Postgres while one order is placed. */
async function rowsOfOrder(shop: BenchShop): Promise<number> {
  return shop.database.transaction(async (tx) => {
    const written = async () => {
      const { rows } = await tx.query<{ rows: number }>(
        'select sum(n_tup_ins + n_tup_upd)::bigint as rows from pg_stat_xact_user_tables',
      )
      return rows[0]?.rows ?? 0
    }
    const before = await written()
    await shop.order({}, tx)
    return (await written()) - before
  })
}
