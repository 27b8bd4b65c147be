/** The shop's jobs on a clock that is moved by hand; the database and what they do there are real. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseSettings } from '../../domain/settings.ts'
import { startShopJobs } from '../../orchestrator/shop-jobs.ts'
import { createLog } from '../../runtime/log.ts'
import { Metrics } from '../../runtime/metrics.ts'
import { requestTopUp } from '../../services/top-ups/request-top-up.ts'
import { addCustomer, agent, earnings, limits, sell, usdt } from '../services/money/money-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { HandClock } from '../support/hand-clock.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

test('profit matures and top-ups expire soon after the start, and then by the clock', async () => {
  const clock = new HandClock()
  const lines: string[] = []
  const context = {
    server: 'alpha',
    settings: parseSettings({ MATURITY_CHECK_SECONDS: '600', EXPIRY_CHECK_SECONDS: '60' }),
    database: db.database,
    clock,
    log: createLog({ level: 'info', name: 'alpha', write: (line) => void lines.push(line) }),
    metrics: new Metrics({ server: 'alpha', version: 'test', perBot: false }),
  }
  const customerId = await addCustomer(db.database)
  const askFor = (amount: bigint) =>
    db.database.transaction((tx) =>
      requestTopUp(tx, { tenant: agent, customerId }, { amount, key: String(amount), limits: { ...limits, hours: 0 } }),
    )
  const openTopUps = async () => (await db.database.query(`select from top_up where state = 'requested'`)).rowCount
  const booked = async () =>
    (await db.database.query<{ n: number }>(`select sum(balance)::bigint as n from account where kind = 'available'`))
      .rows[0]?.n
  for (let n = 0; n < 3; n += 1) await sell(db.database, { profit: usdt(5) })
  await askFor(usdt(5))

  const jobs = startShopJobs(context)
  expect(await booked()).toBeNull()
  await clock.move(5000)
  expect(await booked()).toBe(15_000_000)
  expect(await openTopUps()).toBe(0)
  const { rows } = await db.database.query<{ actor: string }>(`select actor from journal_entry where kind = 'mature'`)
  expect(rows).toEqual([{ actor: 'system:maturity@alpha' }])

  await sell(db.database, { profit: usdt(5) })
  await askFor(usdt(6))
  await clock.move(60_000)
  expect(await openTopUps()).toBe(0)
  expect(await booked()).toBe(15_000_000)
  await clock.move(540_000)
  expect(await booked()).toBe(20_000_000)
  expect(await earnings(db.database)).toMatchObject({ available: '20', pending: '0' })

  await Promise.all([jobs.stop(), jobs.stop()])
  await sell(db.database, { profit: usdt(5) })
  await clock.move(3_600_000)
  expect(await booked()).toBe(20_000_000)
  expect(lines.join('')).toContain('"count":3')
})
