/** Workers that are killed while a phone links their device: the phone and the bot agree on what is linked, and it is one. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { freeze, kill } from '../support/faults.ts'
import { LinkedBots } from '../support/linked-bots.ts'

let bots: LinkedBots
let id: string
const number = '989121234567'

beforeEach(async () => {
  bots = await LinkedBots.open()
  id = await bots.bot(number)
  await bots.rig.start()
})
afterEach(() => bots.close())

const phone = () => bots.fake.phoneOf(number)

async function kept(): Promise<number> {
  const { rows } = await bots.db.database.query<{ n: number }>('select count(*)::int as n from whatsapp_session')
  return rows[0]?.n ?? 0
}

/** The next worker shows a code of its own, and is linked by it; nothing else ever was. */
async function expectLinkedOnceBy(first: string): Promise<void> {
  expect(phone().devices).toEqual([])
  expect(await kept()).toBe(0)
  const second = await bots.shown(id, first)
  expect(await phone().enterCode(second)).toBe('linked')
  await bots.rig.until(id, 'running')
  const sara = bots.fake.addPerson({ name: 'Sara' })
  await sara.write(number, 'hello')
  await sara.inbox.next('message', ({ text }) => text === 'echo hello')
  expect(bots.fake.events.count('linked')).toBe(1)
  expect(bots.fake.events.count('login_refused')).toBe(0)
  expect(phone().devices).toHaveLength(1)
  expect(bots.fake.mostOfOneDevice()).toBe(1)
}

test('killed before it has asked for a code, the next one asks', async () => {
  bots.fake.plantFault({ kind: 'black_hole' })
  await bots.request(id)
  await vi.waitFor(() => expect(bots.fake.faultsLeft()).toBe(0), { timeout: 20_000, interval: 5 })
  await kill(await bots.workerOf(id))
  await expectLinkedOnceBy('')
  expect(bots.fake.events.count('code_requested')).toBe(1)
})

test('killed when the code was entered and not answered, the next one begins anew', async () => {
  await bots.request(id)
  const first = await bots.shown(id)
  const worker = await bots.workerOf(id)
  freeze(worker)
  const entered = phone().enterCode(first)
  await new Promise((resolve) => setTimeout(resolve, 200))
  await kill(worker)
  expect(await entered).toBe('gone')
  await expectLinkedOnceBy(first)
})

test('killed before its login is kept, the phone has linked nothing, and the next one begins anew', async () => {
  await bots.request(id)
  const first = await bots.shown(id)
  const { database } = bots.db
  const entered = await database.transaction(async (tx) => {
    await tx.query('lock table whatsapp_session in exclusive mode')
    const outcome = phone().enterCode(first)
    const waiting = `select 1 from pg_locks where relation = 'whatsapp_session'::regclass and not granted
      and database = (select oid from pg_database where datname = current_database())`
    const count = async () => (await database.query(waiting)).rowCount
    await vi.waitFor(async () => expect(await count()).toBeGreaterThan(0), { timeout: 20_000, interval: 20 })
    await kill(await bots.workerOf(id))
    // What the gateway still tries on its behalf is given up.
    await vi.waitFor(async () => expect(await count()).toBe(0), { timeout: 20_000, interval: 20 })
    return outcome
  })
  expect(entered).toBe('gone')
  await expectLinkedOnceBy(first)
})

test('a wrong code is refused by the phone, and the right one still links', async () => {
  await bots.request(id)
  const code = await bots.shown(id)
  expect(await phone().enterCode('ABCD1234')).toBe('wrong_code')
  expect((await bots.pairing(id)).linked).toBe(false)
  expect(await phone().enterCode(code)).toBe('linked')
  await bots.rig.until(id, 'running')
  expect(await kept()).toBe(1)
})

test('killed when it is linked and has not logged in yet, the next one logs in with the same device', async () => {
  await bots.request(id)
  const code = await bots.shown(id)
  bots.fake.plantFault({ kind: 'black_hole' })
  expect(await phone().enterCode(code)).toBe('linked')
  await bots.fake.events.next('logged_in')
  expect((await bots.pairing(id)).step).not.toBe('linked')
  await kill(await bots.workerOf(id))
  await bots.rig.until(id, 'running')
  expect((await bots.pairing(id)).step).toBe('linked')
  expect(bots.fake.events.count('registered')).toBe(1)
  expect(bots.fake.events.count('linked')).toBe(1)
  expect(phone().devices).toEqual([1])
})
