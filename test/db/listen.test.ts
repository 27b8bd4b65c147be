import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Listener } from '../../db/listen.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

let db: TestDatabase
let proxy: TcpProxy
let listener: Listener
/** What the listener woke its caller with, oldest first. */
let wakes: (readonly [channel: string, payload: string | undefined])[]

beforeEach(async () => {
  db = await createTestDatabase({ migrated: false })
  const through = await TcpProxy.toDatabase(db.url)
  proxy = through.proxy
  wakes = []
  listener = new Listener(through.url, ['first', 'second'], (channel, payload) => void wakes.push([channel, payload]), {
    probeEveryMs: 200,
    probeLimitMs: 500,
  })
})
afterEach(async () => {
  await listener.stop()
  await proxy.stop()
  await db.drop()
})

function woken(channel: string, payload: string | undefined): Promise<void> {
  return vi.waitFor(() => expect(wakes).toContainEqual([channel, payload]), { timeout: 20_000, interval: 10 })
}

test('every channel is read anew after connecting, and a notification carries its payload', async () => {
  await listener.start()
  expect(wakes).toEqual([
    ['first', undefined],
    ['second', undefined],
  ])
  await db.database.query(`select pg_notify('first', 'hello'), pg_notify('second', '')`)
  await woken('first', 'hello')
  await woken('second', '')
})

test('what was sent while the connection was down is read after the reconnect', async () => {
  await db.database.query('create table news (id int generated always as identity, text text)')
  const read: string[] = []
  const readAll = async () => {
    const { rows } = await db.database.query<{ text: string }>('select text from news order by id')
    read.splice(0, read.length, ...rows.map(({ text }) => text))
  }
  const tell = (text: string) =>
    db.database.query(`with row as (insert into news (text) values ($1)) select pg_notify('first', '')`, [text])
  await listener.start()
  await tell('before')
  await woken('first', '')
  proxy.cut()
  wakes.splice(0)
  await tell('in the gap')
  expect(wakes).toEqual([])
  proxy.heal()
  await woken('first', undefined)
  await readAll()
  expect(read).toEqual(['before', 'in the gap'])
})

test('a connection that fell silent is noticed and replaced', async () => {
  await listener.start()
  wakes.splice(0)
  proxy.blackHole()
  await db.database.query(`select pg_notify('first', 'swallowed')`)
  await vi.waitFor(() => expect(proxy.accepted).toBeGreaterThan(1), { timeout: 20_000 })
  proxy.heal()
  await woken('second', undefined)
  expect(wakes).not.toContainEqual(['first', 'swallowed'])
  await db.database.query(`select pg_notify('first', 'again')`)
  await woken('first', 'again')
})

test('a database that is away at the start is found when it comes', async () => {
  proxy.cut()
  await listener.start()
  expect(wakes).toEqual([])
  proxy.heal()
  await woken('first', undefined)
})

test('after a stop nothing wakes any more, before a start nothing has to', async () => {
  await listener.stop()
  await listener.start()
  await listener.stop()
  expect(wakes).toEqual([])
  const other = new Listener(db.url, ['first'], (channel, payload) => void wakes.push([channel, payload]))
  await other.start()
  await Promise.all([other.stop(), other.stop()])
  wakes.splice(0)
  await db.database.query(`select pg_notify('first', 'late')`)
  const { rows } = await db.database.query<{ n: number }>(
    `select count(*) as n from pg_stat_activity where datname = current_database() and application_name = 'botfleet listen'`,
  )
  expect(rows).toEqual([{ n: 0 }])
  expect(wakes).toEqual([])
})

test('stopping does not wait for a peer that fell silent', async () => {
  await listener.start()
  proxy.blackHole()
  const stoppedAt = performance.now()
  await listener.stop()
  expect(performance.now() - stoppedAt).toBeLessThan(10_000)
})
