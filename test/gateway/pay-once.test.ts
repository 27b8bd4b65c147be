/** One confirmation is one order, however its call arrives: at once, again, under another update, or without an answer. */
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { gatewayCalls } from '../../domain/worker-contract.ts'
import { signWorkerToken } from '../../domain/worker-token.ts'
import { type Door, openDoor } from './gateway-door.ts'
import { openThreeTenants, type TenantIds, type ThreeTenants } from './three-tenants.ts'

let tenants: ThreeTenants
let red: TenantIds
let door: Door
let updates = 900

beforeAll(async () => {
  tenants = await openThreeTenants()
  red = tenants.red
  door = await openDoor(tenants.db, tenants.keyring)
})
afterAll(async () => {
  await door.close()
  await tenants.db.drop()
})

/** The body of a press on "pay", as the person who has a balance makes it. */
async function press(rendering: string, updateKey = `tg:${(updates += 1)}`): Promise<object> {
  const { rows } = await tenants.db.database.query<{ id: string; price: string }>(
    `select platform_user_id as id, (base_price + markup)::text as price
     from customer, quote($2, 'prod-shared') where customer.id = $1`,
    [red.customer, red.tenant],
  )
  const [found] = rows
  const person = { platformUserId: found?.id, chatId: found?.id, username: null, displayName: null, languageHint: 'en' }
  const question = { product: 'prod-shared', quantity: 1, shownUnitPrice: found?.price, rendering }
  return { updateKey, nonce: null, person, ...question }
}

const sold = async (): Promise<number> => {
  const { rows } = await tenants.db.database.query<{ n: number }>(
    `select count(*)::int as n from customer_order where product_id = 'prod-shared' and status = 'paid'`,
  )
  return rows[0]?.n ?? 0
}
const pay = async (body: object) => {
  const { status, text } = await door.ask(red, 'pay', body)
  expect(status, text).toBe(200)
  return (JSON.parse(text) as { outcome: { result: { order: { id: number; status: string } } } }).outcome.result.order
}

test('presses at once, under one update and under many, are one order', async () => {
  const before = await sold()
  const again = await press('rendering1')
  const bodies = [again, again, again, await press('rendering1'), await press('rendering1'), await press('rendering1')]
  const orders = await Promise.all(bodies.map(pay))
  expect(new Set(orders.map(({ id, status }) => `${id} ${status}`)).size).toBe(1)
  expect(orders[0]?.status).toBe('paid')
  expect(await sold()).toBe(before + 1)
})

test('a press whose answer was lost with its connection is the same order when it comes again', async () => {
  const before = await sold()
  const body = await press('rendering2')
  const token = signWorkerToken(tenants.keyring, { instanceId: red.instance, epoch: 3, nonce: red.nonce })
  const headers = { authorization: `Bearer ${token}` }
  const sent = request({ socketPath: door.socketPath, path: gatewayCalls.pay.path, method: 'POST', headers })
  sent.on('error', () => {})
  sent.end(JSON.stringify(body), () => sent.destroy())
  await vi.waitFor(async () => expect(await sold()).toBe(before + 1), { timeout: 10_000 })
  expect((await pay(body)).status).toBe('paid')
  expect((await pay(await press('rendering2'))).status).toBe('paid')
  expect(await sold()).toBe(before + 1)
})

test('another rendering is another order', async () => {
  const before = await sold()
  const first = await pay(await press('rendering3'))
  expect((await pay(await press('rendering4'))).id).not.toBe(first.id)
  expect(await sold()).toBe(before + 2)
})
