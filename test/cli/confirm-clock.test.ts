/** What an operator sees of a database whose clock jumped, and what `server confirm-clock` does. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pauseExpiry } from '../../services/pause-expiry.ts'
import { ClockShift } from '../support/clock-shift.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ownerActor } from '../support/rig.ts'
import { makeHome, runCli } from './support/run-cli.ts'

const hourMs = 3_600_000
const place = makeHome()
let db: TestDatabase
let clock: ClockShift
beforeAll(async () => {
  db = await createTestDatabase()
  clock = await ClockShift.install(db)
  await db.database.query(`insert into server (name) values ('server1')`)
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at, expires_at)
     values ('bot-1', 'master', 'telegram', 'Bot', 'server1', 'test', 'approved', 'running', now(), now() + interval '30 minutes')`,
  )
})
afterAll(async () => {
  await clock.close()
  await db.drop()
  place.remove()
})

function cli(...words: string[]) {
  const env = { BOTFLEET_HOME: place.home, DATABASE_URL: db.url, TELEGRAM_API_ROOT: 'http://127.0.0.1:9' }
  return runCli(words, { env, cwd: place.folder })
}

async function clockFinding(): Promise<Record<string, unknown> | undefined> {
  const { stdout } = await cli('doctor', '--json')
  const { checks } = JSON.parse(stdout) as { checks: Record<string, unknown>[] }
  return checks.find(({ name }) => name === 'clock')
}

test('nothing to confirm is a conflict, and doctor finds the clocks to agree', async () => {
  const refused = await cli('server', 'confirm-clock')
  expect(refused.code).toBe(5)
  expect(refused.stderr).toContain('expiry is not paused')
  expect(await clockFinding()).toMatchObject({ verdict: 'ok' })
})

test('a jump is shown, confirmed only deliberately while the clocks differ, and the confirmation says what ends', async () => {
  await clock.shift(hourMs)
  expect(await clockFinding()).toMatchObject({ verdict: 'warn', detail: expect.stringMatching(/1h|59m/) as string })
  const standsAtMs = Date.now()
  await db.database.transaction((tx) =>
    pauseExpiry(tx, ownerActor, {
      server: 'server1',
      kind: 'jump',
      jumpMs: hourMs,
      standsAtMs,
      lastSeenMs: standsAtMs,
    }),
  )

  const list = await cli('server', 'list')
  expect(list.stdout).toContain("The database's clock jumped 1 h ahead, as server1 noticed: expiry is paused")
  expect(JSON.parse((await cli('server', 'list', '--json')).stdout)).toMatchObject([{ expiry_paused: true }])
  expect(await clockFinding()).toMatchObject({
    verdict: 'warn',
    detail: "expiry is paused: the database's clock jumped 1 h ahead, as server1 noticed",
  })
  const renewed = await cli('renew', 'bot-1', '--months', '1')
  expect(renewed.code).toBe(5)
  expect(renewed.stderr).toContain('./botfleet server confirm-clock once the clock is right')

  const refused = await cli('server', 'confirm-clock')
  expect(refused.code).toBe(5)
  expect(refused.stderr).toContain('set the wrong one right first, or give --yes')
  const confirmed = await cli('server', 'confirm-clock', '--yes', '--json')
  expect(confirmed.code).toBe(0)
  expect(JSON.parse(confirmed.stdout)).toMatchObject({
    pause: { kind: 'jump', jump_ms: hourMs, stands_at: new Date(standsAtMs).toISOString() },
    due: ['bot-1'],
  })
  expect(JSON.parse((await cli('server', 'list', '--json')).stdout)).toMatchObject([{ expiry_paused: false }])
  expect(JSON.parse((await cli('expire', '--due', '--json')).stdout)).toEqual({ expired: ['bot-1'] })
})

test('once the clock is right again it is confirmed without more ado', async () => {
  await clock.shift(-hourMs)
  const at = Date.now()
  await db.database.transaction((tx) =>
    pauseExpiry(tx, ownerActor, { server: 'server1', kind: 'jump', jumpMs: -hourMs, standsAtMs: at, lastSeenMs: at }),
  )
  const confirmed = await cli('server', 'confirm-clock')
  expect(confirmed.code).toBe(0)
  expect(confirmed.stdout).toContain("Expiry goes on by the database's clock")
  expect(confirmed.stdout).toContain('No subscription has ended meanwhile.')
})
