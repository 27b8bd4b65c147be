import { matureProfits } from '../../services/withdrawals/mature-profits.ts'
import type { Figure, Run } from '../figure.ts'
import { BenchShop } from '../support/bench-shop.ts'

const entries = 30_000
const least = 10_000

export const mature: Figure = {
  name: 'mature',
  title: 'profits matured',
  unit: 'a second',
  digits: 0,
  reach: { text: `>= ${least}`, holds: ({ ours }) => ours.median >= least },
  how: `${entries} pending profits of 16 agents are due at once; the job matures them in its batches, each a commit, until none is left.`,
  measure,
}

async function measure({ bench }: Run): Promise<{ ours: number }> {
  return BenchShop.use(bench, 1, async ({ database }) => {
    // What orders leave behind, without the orders' own time.
    await database.transaction(async (tx) => {
      await tx.query('set local session_replication_role = replica')
      await tx.query(
        `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at)
         select 1000000 + n, 'agent:a' || 1 + n % 16, 'USDT', 100000, now() - n * interval '1 millisecond'
         from generate_series(1, $1) n`,
        [entries],
      )
    })
    for (const statement of ['vacuum analyze agent_profit', 'checkpoint']) await database.query(statement)
    const startedAtMs = performance.now()
    let matured = 0
    for (let batch = -1; batch !== 0; matured += batch) batch = await matureProfits(database, { actor: 'bench' })
    const seconds = (performance.now() - startedAtMs) / 1000
    if (matured !== entries) throw new Error(`${matured} matured`)
    return { ours: entries / seconds }
  })
}
