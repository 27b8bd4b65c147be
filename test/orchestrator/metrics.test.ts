import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signWorkerToken } from '../../domain/worker-token.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { kill, processOf } from '../support/faults.ts'
import { Rig } from '../support/rig.ts'
import { parseScrape, type Scrape, valueOf } from '../support/scrape.ts'

let db: TestDatabase
let rig: Rig
beforeEach(async () => {
  db = await createTestDatabase()
  rig = new Rig(db)
})
afterEach(async () => {
  await rig.stop()
  await db.drop()
})

async function scrape(): Promise<Scrape> {
  return parseScrape(await rig.metrics.scrape({ poolWaiting: 0, eventStreams: 0 }, undefined))
}

test('a start, a crash and a hang are measured, and what a bot uses', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  const before = await rig.until(id, 'running')
  await kill(processOf(before.pid))
  await rig.until(id, 'running', ({ epoch }) => epoch === 2)
  const platform = 'telegram'
  // The row says so a moment before the first heartbeat of the new worker is measured.
  await vi.waitFor(async () => {
    expect(valueOf(await scrape(), 'botfleet_ready_duration_seconds_count', { platform })).toBe(2)
  })
  const got = await scrape()
  expect(valueOf(got, 'botfleet_bot_restarts_total', { server: 'alpha', platform, reason: 'signal' })).toBe(1)
  expect(valueOf(got, 'botfleet_spawn_duration_seconds_count', { platform })).toBe(2)
  expect(valueOf(got, 'botfleet_lease_age_seconds', { server: 'alpha' })).toBeLessThan(3)
  expect(valueOf(got, 'botfleet_loop_last_success_timestamp_seconds', { loop: 'reconcile' })).toBeGreaterThan(1.7e9)
  await vi.waitFor(
    async () => {
      expect(valueOf(await scrape(), 'botfleet_bot_resident_memory_bytes', { bot_id: id })).toBeGreaterThan(1_000_000)
    },
    { timeout: 10_000 },
  )
})

test('a lease that is lost is counted, and has no age any more', async () => {
  await rig.start()
  await db.database.query(
    `update server set server_epoch = server_epoch + 1, holder = 'another', lease_until = now() + interval '1 hour'`,
  )
  await vi.waitFor(async () => expect(valueOf(await scrape(), 'botfleet_lease_lost_total')).toBe(1), {
    timeout: 10_000,
  })
  expect(valueOf(await scrape(), 'botfleet_lease_age_seconds')).toBeUndefined()
})

test('a call of an earlier epoch is counted as fenced', async () => {
  const id = await rig.approvedBot()
  await rig.start()
  await rig.until(id, 'running')
  const token = signWorkerToken(rig.keyring, { instanceId: id, epoch: 99, nonce: 'not-the-nonce' })
  expect(await callGateway(token)).toBe(409)
  expect(valueOf(await scrape(), 'botfleet_fenced_writes_total', { server: 'alpha' })).toBe(1)
})

/** The status of a worker's call. */
function callGateway(token: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const sent = request(
    {
      socketPath: join(rig.home, 'sockets', 'gw-alpha.sock'),
      path: '/v1/exit',
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    },
    (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    },
  )
  sent.on('error', reject)
  sent.end(JSON.stringify({ reason: 'conflict', message: 'x' }))
  return promise
}
