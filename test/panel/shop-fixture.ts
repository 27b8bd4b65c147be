/** A panel with a shop behind it: staff, an agent of the tenant `agent:t1`, another tenant `agent:t2`, customers, goods. */
import { randomUUID } from 'node:crypto'
import type { Tx } from '../../db/transaction.ts'
import type { Role } from '../../domain/actor.ts'
import type { PanelOptions } from '../../panel/api/start-panel.ts'
import { registerFirstKey } from '../../services/register-first-key.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Answer, ask, bearer, panelKeyring, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

export const own = 'agent:t1'
export const foreign = 'agent:t2'

const people = { admin: 'the-admin', operator: 'the-operator', agent: 'the-agent' } satisfies Partial<
  Record<Role, string>
>
export type Who = keyof typeof people

export interface Send {
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface ShopPanel extends TestDatabase {
  readonly panel: RunningPanel
  /** One request by somebody. */
  readonly by: Readonly<Record<Who, Send>>
  readonly admin: Send
  /** A customer with so much USDT. @returns its id. */
  addCustomer(tenant?: string, usdt?: number): Promise<string>
  /** A product at 2 USDT with so many units on its shelf. @returns its id. */
  addProduct(units?: number): Promise<string>
  /** Buys as support does. @returns the order's number. */
  buy(customer: string, product: string, quantity?: number): Promise<number>
  /** How many rows a table has, to see that nothing was written. */
  count(table: string): Promise<number>
  close(): Promise<void>
}

export const keyed = (key: string = randomUUID()) => ({ 'idempotency-key': key })

export async function openShopPanel(options: Partial<PanelOptions> = {}): Promise<ShopPanel> {
  const test = await createTestDatabase()
  const { database } = test
  await database.transaction((tx) => registerFirstKey(tx, { keyId: panelKeyring.activeKeyId }))
  const panel = await runPanel(database, options)
  const by = {} as Record<Who, Send>
  for (const role of Object.keys(people) as Who[]) {
    await addPerson(database, people[role], role)
    const headers = bearer(await tokenOf(panel, people[role]))
    by[role] = (method, path, body, more = {}) =>
      ask(panel, path, { method, headers: { ...headers, ...more }, ...(body === undefined ? {} : { body }) })
  }
  await database.query('insert into tenant (id, name) values ($1, $1) on conflict do nothing', [foreign])
  const { admin } = by
  let numbers = 0

  async function buy(customer: string, product: string, quantity = 1): Promise<number> {
    const { status, json, text } = await admin('POST', '/api/orders', { customer, product, quantity }, keyed())
    if (status !== 201) throw new Error(`an order was answered ${status}: ${text}`)
    return json['id'] as number
  }

  return {
    ...test,
    panel,
    by,
    admin,
    buy,
    addCustomer: async (tenant = 'master', usdt = 0) => {
      const id = randomUUID()
      await database.query(
        `insert into customer (id, tenant_id, platform, platform_user_id, username, display_name)
         values ($1, $2, 'telegram', $3, 'someone', 'Some One')`,
        [id, tenant, String(900_000 + (numbers += 1))],
      )
      if (usdt > 0) {
        const body = { amount: String(usdt), reason: 'welcome' }
        const { status, text } = await admin('POST', `/api/customers/${id}/adjust`, body, keyed())
        if (status !== 200) throw new Error(`a correction was answered ${status}: ${text}`)
      }
      return id
    },
    addProduct: async (units = 0) => {
      const id = `p${(numbers += 1)}`
      const { status, text } = await admin('POST', '/api/products', { id, name: `Product ${id}`, base_price: '2' })
      if (status !== 201) throw new Error(`a product was answered ${status}: ${text}`)
      if (units > 0) {
        const goods = Array.from({ length: units }, (_none, n) => `${id}-code-${n}`).join('\n')
        await admin('POST', `/api/products/${id}/stock`, { goods })
      }
      return id
    },
    count: async (table) => (await database.query(`select 1 from ${table}`)).rowCount,
    close: async () => {
      await panel.stop()
      await test.drop()
    },
  }
}

/**
 * The answer to a request that comes while a change by somebody else is under way: the change commits when the request
 * waits for it, or is answered.
 */
export async function answerBehind(
  { database }: ShopPanel,
  change: (tx: Tx) => Promise<unknown>,
  request: () => Promise<Answer>,
): Promise<Answer> {
  const changed = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const other = database.transaction(async (tx) => {
    await change(tx)
    changed.resolve()
    await mayCommit.promise
  })
  other.catch(changed.reject)
  await changed.promise
  let answered = false
  const answer = request().finally(() => {
    answered = true
  })
  for (;;) {
    const waiting = await database.query('select 1 from pg_locks where not granted')
    if (answered || waiting.rowCount > 0) break
  }
  mayCommit.resolve()
  await other
  return answer
}

/** Everything of a list, page by page. */
export async function allOf<Item>(send: Send, path: string): Promise<Item[]> {
  const items: Item[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const joint = path.includes('?') ? '&' : '?'
    const { status, json, text } = await send('GET', cursor === '' ? path : `${path}${joint}cursor=${cursor}`)
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`)
    items.push(...(json['items'] as Item[]))
    cursor = json['next_cursor'] as string | null
  }
  return items
}

export const statusOf = ({ status, json }: Answer) => ({ status, code: json['code'] })
