import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { CommitUnknown, Database } from '../../db/database.ts'
import { Listener } from '../../db/listen.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let proxy: TcpProxy
let throughProxy: string
beforeAll(async () => {
  db = await createTestDatabase()
  const target = new URL(db.url)
  proxy = await TcpProxy.start({ host: target.hostname, port: Number(target.port) })
  target.port = String(proxy.port)
  throughProxy = target.href
})
afterAll(async () => {
  await proxy.stop()
  await db.drop()
})

const open = (url: string) =>
  Database.open(url, {
    applicationName: 'botfleet test',
    connectionsMax: 2,
    queryTimeoutMs: 500,
    connectTimeoutMs: 500,
  })

test('a black-holed connection fails in time, and the pool heals when traffic flows again', async () => {
  const database = open(throughProxy)
  await Promise.all([database.ping(), database.ping()])
  proxy.blackHole()
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => database.ping()))
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code)).toEqual(
    Array.from({ length: 4 }, () => 'unavailable'),
  )
  proxy.heal()
  await vi.waitFor(() => database.ping(), { timeout: 10_000 })
  await database.close()
})

test('a connection that is cut in the middle of a transaction applies nothing and crashes nobody', async () => {
  const database = open(throughProxy)
  const work = database.transaction(async (tx) => {
    await tx.query(`insert into tenant (id, name) values ('agent:cut', 'cut')`)
    proxy.cut()
    await tx.query('select 1')
  })
  await expect(work).rejects.toMatchObject({ code: 'unavailable' })
  proxy.heal()
  const { rowCount } = await db.database.query(`select 1 from tenant where id = 'agent:cut'`)
  expect(rowCount).toBe(0)
  await vi.waitFor(() => database.ping(), { timeout: 10_000 })
  await database.close()
})

test('a COMMIT without an answer is reported as unknown', async () => {
  const database = open(throughProxy)
  const work = database.transaction(async (tx) => {
    await tx.query('select 1')
    proxy.blackHole()
  })
  await expect(work).rejects.toBeInstanceOf(CommitUnknown)
  proxy.heal()
  await database.close()
})

test('a statement that fails inside a transaction rolls everything back, even when the caller swallows it', async () => {
  const work = db.database.transaction(async (tx) => {
    await tx.query(`insert into tenant (id, name) values ('agent:swallowed', 'x')`)
    await tx.query('select 1/0').catch(() => {})
  })
  await expect(work).rejects.toThrow(/rolled back/)
  expect((await db.database.query(`select 1 from tenant where id = 'agent:swallowed'`)).rowCount).toBe(0)
})

test('bigints come as numbers, and one that would be rounded is refused', async () => {
  expect((await db.database.query(`select 9007199254740991::bigint as n`)).rows).toEqual([{ n: 9_007_199_254_740_991 }])
  await expect(db.database.query('select 9007199254740993::bigint')).rejects.toThrow(/does not fit/)
})

test('a wrong address is said without the password', async () => {
  const database = open('postgres://someone:canary-password@127.0.0.1:1/none')
  await expect(database.ping()).rejects.toThrow(/does not answer \(ECONNREFUSED\)/)
  await expect(database.ping()).rejects.not.toThrow(/canary/)
  await database.close()
})

test('a listener wakes on every connection, so that what was sent meanwhile is read anew', async () => {
  const wakes: (string | undefined)[] = []
  const listener = new Listener(throughProxy, ['test_channel'], (_channel, payload) => void wakes.push(payload))
  await listener.start()
  await vi.waitFor(() => expect(wakes).toEqual([undefined]))
  await db.database.query(`select pg_notify('test_channel', 'one')`)
  await vi.waitFor(() => expect(wakes).toEqual([undefined, 'one']))
  proxy.cut()
  await db.database.query(`select pg_notify('test_channel', 'lost')`)
  proxy.heal()
  await vi.waitFor(() => expect(wakes).toEqual([undefined, 'one', undefined]), { timeout: 20_000 })
  await listener.stop()
})
