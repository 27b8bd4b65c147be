/** What of a device is kept, in which order, and what happens when it cannot be read. */
import { expect, test } from 'vitest'
import type { GatewayRequest } from '../../../domain/worker-contract.ts'
import { freshCreds, writeCreds } from '../../../worker/whatsapp/baileys-adapter.ts'
import { SessionStore } from '../../../worker/whatsapp/session-store.ts'
import { WorkerExit } from '../../../worker/worker-exit.ts'
import { MemorySession } from '../../support/memory-session.ts'

const linkedText = writeCreds({
  ...freshCreds(),
  me: { id: '989121234567:3@s.whatsapp.net' },
  account: { details: Buffer.from('x') },
})

async function openStore(
  session = new MemorySession(),
): Promise<{ session: MemorySession; store: SessionStore; broken: unknown[] }> {
  const broken: unknown[] = []
  const store = new SessionStore(session.gateway, (error) => broken.push(error))
  await store.open()
  return { session, store, broken }
}

async function linkedStore(): ReturnType<typeof openStore> {
  const session = new MemorySession()
  session.creds = linkedText
  session.linked = true
  return openStore(session)
}

const entry = (id: string, value: string | null = `"${id}"`, type = 'session') => ({ type, id, value })
const stores = (session: MemorySession) =>
  session.calls.flatMap(({ name, body }) => (name === 'waStore' ? [body as GatewayRequest<'waStore'>] : []))

test('credentials that say that a code was asked for, but no phone has linked them, are neither kept nor taken over', async () => {
  const { session, store } = await openStore()
  Object.assign(store.creds, { me: { id: '989121234567@s.whatsapp.net' }, registered: true })
  store.credsChanged()
  await store.flush()
  expect(session.calls.map(({ name }) => name)).toEqual(['waOpen'])
  session.creds = writeCreds(store.creds)
  const second = await openStore(session)
  expect(second.store.isLinked).toBe(false)
  expect(second.store.creds.me).toBeUndefined()
})

test('writes go out in order and one at a time; what gathers meanwhile goes together', async () => {
  const { session, store } = await linkedStore()
  const gate = Promise.withResolvers<void>()
  let atOnce = 0
  session.before = async (name) => {
    if (name !== 'waStore') return
    atOnce += 1
    expect(atOnce).toBe(1)
    await gate.promise
    atOnce -= 1
  }
  const keys = store.keys()
  const done = [keys.set([entry('1')])]
  await Promise.resolve()
  store.credsChanged()
  done.push(keys.set([entry('2')]), keys.set([entry('1', '"later"')]))
  store.credsChanged()
  gate.resolve()
  await Promise.all(done)
  await store.flush()
  expect(stores(session).map(({ creds, linked, keys: some }) => [creds !== null, linked, some])).toEqual([
    [false, false, [entry('1')]],
    [true, true, [entry('2'), entry('1', '"later"')]],
  ])
})

test('a write is over when it is stored, and flush waits for all of them', async () => {
  const { session, store } = await linkedStore()
  const gate = Promise.withResolvers<void>()
  session.before = (name) => (name === 'waStore' ? gate.promise : undefined)
  let isWritten = false
  let isFlushed = false
  void store
    .keys()
    .set([entry('1')])
    .then(() => (isWritten = true))
  const flushed = store.flush().then(() => (isFlushed = true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([isWritten, isFlushed]).toEqual([false, false])
  gate.resolve()
  await flushed
  expect([isWritten, isFlushed]).toEqual([true, true])
})

test('what is known is not asked for again, absent keys included', async () => {
  const { session, store } = await linkedStore()
  session.keys.set('session/1', '"one"')
  const keys = store.keys()
  for (const _ of [1, 2, 3]) {
    expect(await keys.get('session', ['1', 'none'])).toEqual(
      new Map([
        ['1', '"one"'],
        ['none', null],
      ]),
    )
  }
  await keys.set([entry('1', null), entry('2')])
  expect(await keys.get('session', ['1', '2'])).toEqual(
    new Map([
      ['1', null],
      ['2', '"2"'],
    ]),
  )
  expect(session.count('waKeys')).toBe(1)
})

test('what is on its way to be written is what is read', async () => {
  const { session, store } = await linkedStore()
  const gate = Promise.withResolvers<void>()
  session.before = (name) => (name === 'waStore' ? gate.promise : undefined)
  const keys = store.keys()
  const written = keys.set([entry('7', '"pair"', 'pre-key')])
  expect(await keys.get('pre-key', ['7'])).toEqual(new Map([['7', '"pair"']]))
  gate.resolve()
  await written
})

test('there is a bound to what is remembered, and what was forgotten is asked for again', async () => {
  const { session, store } = await linkedStore()
  const keys = store.keys()
  const large = `"${'x'.repeat(100_000)}"`
  for (let id = 0; id < 30; id += 1) await keys.set([entry(String(id), large)])
  await keys.get('session', ['29'])
  expect(session.count('waKeys')).toBe(0)
  expect(await keys.get('session', ['0'])).toEqual(new Map([['0', large]]))
  expect(session.count('waKeys')).toBe(1)
})

test.for([
  [
    'a key that the gateway cannot open',
    (session: MemorySession) => {
      session.before = (name) => {
        if (name === 'waKeys') throw new WorkerExit('session_error', 'it does not open')
      }
    },
  ],
  [
    'a key that is no text of ours',
    (session: MemorySession) => {
      session.keys.set('session/1', 'not { a value')
    },
  ],
] as const)('%s ends the worker, and nothing is written over it or after it', async ([, spoil]) => {
  const { session, store, broken } = await linkedStore()
  spoil(session)
  const keys = store.keys()
  await expect(keys.get('session', ['1'])).rejects.toMatchObject({ reason: 'session_error' })
  await expect(keys.set([entry('1')])).rejects.toMatchObject({ reason: 'session_error' })
  store.credsChanged()
  await expect(store.flush()).rejects.toMatchObject({ reason: 'session_error' })
  expect(stores(session)).toEqual([])
  expect(broken).toHaveLength(1)
})

test.for(['{"half', '{}', 'null', '[]'])('credentials that are %s end the worker as session_error', async (text) => {
  const session = new MemorySession()
  session.creds = text
  session.linked = true
  await expect(openStore(session)).rejects.toMatchObject({ reason: 'session_error' })
  expect(stores(session)).toEqual([])
})

test('a lease that is lost in the middle of a write stops all that wait behind it', async () => {
  const { session, store, broken } = await linkedStore()
  const gate = Promise.withResolvers<void>()
  session.before = async (name) => {
    if (name !== 'waStore') return
    await gate.promise
    throw new WorkerExit('lease_lost', 'fenced')
  }
  const keys = store.keys()
  const first = keys.set([entry('1')])
  await Promise.resolve()
  const second = keys.set([entry('2')])
  gate.resolve()
  await expect(first).rejects.toMatchObject({ reason: 'lease_lost' })
  await expect(second).rejects.toMatchObject({ reason: 'lease_lost' })
  expect(stores(session)).toHaveLength(1)
  expect(broken).toHaveLength(1)
})

test('a device that was forgotten writes nothing more', async () => {
  const { session, store } = await linkedStore()
  const old = store.keys()
  await old.set([entry('1')])
  await store.forget()
  await expect(old.set([entry('2')])).rejects.toThrow('is over')
  store.credsChanged()
  await store.flush()
  expect([session.creds, session.keys.size, store.isLinked]).toEqual([null, 0, false])
})

test('what a device had just said when it was forgotten is not written as that of the next one', async () => {
  const { session, store } = await linkedStore()
  store.credsChanged()
  await store.forget()
  expect(stores(session)).toEqual([])
  expect(session.creds).toBeNull()
})

test('the keys of a connection that is over can be neither read nor written, those of the next one can', async () => {
  const { session, store } = await linkedStore()
  const old = store.keys()
  await old.set([entry('1')])
  store.letGo()
  await expect(old.set([entry('1', '"stale"')])).rejects.toThrow('is over')
  await expect(old.get('session', ['1'])).rejects.toThrow('is over')
  const next = store.keys()
  expect(await next.get('session', ['1'])).toEqual(new Map([['1', '"1"']]))
  await next.set([entry('1', '"new"')])
  expect(session.keys.get('session/1')).toBe('"new"')
})

test('a first login is written in few calls, however many keys it has', async () => {
  const { session, store } = await linkedStore()
  await store.keys().set(Array.from({ length: 1700 }, (_, id) => entry(String(id), '"k"', 'pre-key')))
  expect(stores(session).map(({ keys }) => keys.length)).toEqual([1500, 200])
})

test('what a device says of itself before it is linked is asked of nobody, and kept with its first credentials', async () => {
  const { session, store } = await openStore()
  const keys = store.keys()
  await keys.set([entry('1')])
  expect(await keys.get('session', ['1', '2'])).toEqual(
    new Map([
      ['1', '"1"'],
      ['2', null],
    ]),
  )
  await store.flush()
  expect(session.calls.map(({ name }) => name)).toEqual(['waOpen'])
  Object.assign(store.creds, { me: { id: '989121234567:3@s.whatsapp.net' }, account: { details: Buffer.from('x') } })
  store.credsChanged()
  await store.flush()
  expect(stores(session).map(({ linked, keys: some }) => [linked, some])).toEqual([[true, [entry('1')]]])
})
