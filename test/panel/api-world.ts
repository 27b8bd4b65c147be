/** A panel with two agents who have one of everything, and everybody who may ask about it. */
import { randomUUID } from 'node:crypto'
import type { Role } from '../../domain/actor.ts'
import { parseSettings } from '../../domain/settings.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { addOwner } from '../../services/agents/add-owner.ts'
import { createUser } from '../../services/create-user.ts'
import { enqueue } from '../../services/outbox/enqueue.ts'
import { address, asked, txid, usdt } from '../services/money/money-fixture.ts'
import { goodPassword, operatorOfTheMachine } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ApiDescription, describedBy, type Operation } from './api-document.ts'
import { type Answer, ask, bearer, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

/** What one agent has, by what names it in a path. */
export interface Things {
  readonly tenant: string
  readonly agent: string
  /** Stands in every text of its own that somebody might see. */
  readonly mark: string
  /** A second user of the agent, whom requests are about. */
  readonly username: string
  readonly user: string
  readonly instance: string
  readonly customer: string
  readonly product: string
  readonly order: string
  readonly topUp: string
  readonly withdrawal: string
  readonly broadcast: string
  readonly message: string
  readonly category: string
  readonly owner: string
  readonly token: string
  readonly session: string
}

export class ApiWorld {
  readonly test: TestDatabase
  readonly panel: RunningPanel
  readonly telegram: Sandbox
  readonly api: ApiDescription
  #own: Things | undefined
  #foreign: Things | undefined
  readonly #botTokens: readonly string[]
  readonly #tokens = new Map<string, Promise<string>>()

  private constructor(test: TestDatabase, panel: RunningPanel, telegram: Sandbox, api: ApiDescription) {
    this.test = test
    this.panel = panel
    this.telegram = telegram
    this.api = api
    this.#botTokens = ['first', 'second'].map((name) => telegram.createBot({ name, username: `${name}_bot` }).token)
  }

  static async open(): Promise<ApiWorld> {
    const test = await createTestDatabase()
    const telegram = await startSandbox()
    const settings = parseSettings({ TELEGRAM_API_ROOT: telegram.apiRoot, MATURITY_HOURS: '0' })
    const panel = await runPanel(test.database, { settings })
    const world = new ApiWorld(test, panel, telegram, await describedBy(panel))
    for (const role of ['owner', 'admin', 'operator', 'viewer'] as const) {
      await world.#addUser(`the-${role}`, role, null)
    }
    world.#own = await world.#addThings('own-shop', 'alphamark')
    world.#foreign = await world.#addThings('other-shop', 'bravomark')
    return world
  }

  async close(): Promise<void> {
    await this.panel.stop()
    await this.telegram.stop()
    await this.test.drop()
  }

  get own(): Things {
    return known(this.#own)
  }

  get foreign(): Things {
    return known(this.#foreign)
  }

  /** The username of somebody in this role; the agent's is the own shop's. */
  personOf(role: Role): string {
    return role === 'agent' ? 'own-shop' : `the-${role}`
  }

  /** Asks as a person, who is logged in anew, and made fit to be, where a request before ended that. */
  async ask(username: string, method: string, path: string, more: Asked = {}): Promise<Answer> {
    const send = async (token: Promise<string>) =>
      ask(this.panel, path, {
        method,
        headers: { ...bearer(await token), ...more.headers },
        ...(more.body === undefined ? {} : { body: more.body }),
      })
    const token = this.#tokenOf(username)
    const answer = await send(token)
    if (answer.status !== 401) return answer
    this.#revive(username, token)
    return send(this.#tokenOf(username))
  }

  /** The path of an operation with these things in it. Throws where nobody has said what a part names. */
  pathOf(operation: Operation, things: Things): string {
    return operation.params.reduce(
      (path, { name }) => path.replace(`{${name}}`, this.segmentOf(operation, name, things)),
      operation.path,
    )
  }

  segmentOf({ path }: Operation, name: string, things: Things): string {
    const before = new RegExp(`/([^/]+)/\\{${name}\\}`).exec(path)?.[1] ?? ''
    const value = namedInPath[`${before}/${name}`] ?? namedInPath[name]
    if (value === undefined) throw new Error(`${path}: say in api-world.ts what ${before}/{${name}} names`)
    return encodeURIComponent(value(things))
  }

  /** What a field of this name means in a request about these things. */
  wordsOf(things: Things): (name: string) => readonly unknown[] {
    return (name) => (/^(bot_)?token$/.test(name) ? this.#botTokens : (namedInBody[name]?.(things) ?? []))
  }

  #tokenOf(username: string): Promise<string> {
    const token = this.#tokens.get(username) ?? this.#logIn(username)
    this.#tokens.set(username, token)
    return token
  }

  /** What other requests did to the person and to the throttle is undone, however often they do it. */
  async #logIn(username: string): Promise<string> {
    for (let triesLeft = 20; ; triesLeft -= 1) {
      await this.#restore(username)
      await this.test.database.query('delete from login_attempt')
      try {
        return await tokenOf(this.panel, username)
      } catch (error) {
        if (triesLeft === 0) throw error
      }
    }
  }

  #revive(username: string, spent: Promise<string>): void {
    // Several requests at once may find it spent.
    if (this.#tokens.get(username) === spent) this.#tokens.set(username, this.#logIn(username))
  }

  async #restore(username: string): Promise<void> {
    await this.test.database.query(
      `update app_user set disabled_at = null, username = p.username, password_hash = p.password_hash, role = p.role,
         tenant_id = p.tenant_id
       from person_before p where app_user.id = p.id and p.username = $1`,
      [username],
    )
  }

  async #addUser(username: string, role: Role, tenant: string | null): Promise<string> {
    const { database } = this.test
    const { id } = await database.transaction((tx) =>
      createUser(tx, operatorOfTheMachine, { username, password: goodPassword, role, tenant }),
    )
    await database.query(`create table if not exists person_before as select * from app_user where false`)
    await database.query(`insert into person_before select * from app_user where id = $1`, [id])
    return id
  }

  /** One of everything, made as people make it wherever the API can. */
  async #addThings(agent: string, mark: string): Promise<Things> {
    const { database } = this.test
    const tenant = `agent:${agent}`
    await database.query('insert into tenant (id, name) values ($1, $2)', [tenant, `Shop ${mark}`])
    const user = await this.#addUser(agent, 'agent', tenant)
    const username = `${agent}-clerk`
    await this.#addUser(username, 'agent', tenant)
    const owner = `77${mark.length}${mark.charCodeAt(0)}`
    await database.transaction((tx) =>
      addOwner(tx, operatorOfTheMachine, { tenant, platform: 'telegram', platformUserId: owner }),
    )
    const instance = await this.#make('/api/instances', {
      name: mark,
      phone_number: `+4917000${mark.charCodeAt(0)}${mark.charCodeAt(1)}`,
      owner_id: user,
      tenant,
    })
    await this.#make(`/api/instances/${instance}/approve`, { duration_months: 1 })
    const customer = `customer-of-${agent}`
    await database.query(
      `insert into customer (id, tenant_id, platform, platform_user_id, display_name, username)
       values ($1, $2, 'whatsapp', $1, $3, $3)`,
      [customer, tenant, mark],
    )
    await database.query(`insert into customer_chat (instance_id, customer_id, chat_id) values ($1, $2, $2)`, [
      instance,
      customer,
    ])
    const order = await this.#sell(agent, customer)
    await database.transaction((tx) =>
      enqueue(tx, {
        tenant,
        customerId: customer,
        kind: 'balance_adjusted',
        payload: { amount: '1', currency: 'USDT', balance: '2', reason: mark },
        reference: mark,
      }),
    )
    const told = await database.query<{ id: number }>('select max(id) as id from outbox_message where tenant_id = $1', [
      tenant,
    ])
    const shop = `/api/shops/${agent}`
    await this.#make(`${shop}/buttons`, { title: mark, url: 'https://example.com' })
    return {
      tenant,
      agent,
      mark,
      username,
      user,
      instance,
      customer,
      owner,
      product: `product-of-${agent}`,
      order,
      topUp: await this.#make('/api/top-ups', { customer, amount: '20' }),
      withdrawal: await asked(database, usdt(20), { tenant }),
      broadcast: await this.#make('/api/broadcasts', { tenant, html: mark }),
      message: String(known(told.rows[0]).id),
      category: await this.#make('/api/categories', { name: `Category of ${mark}` }),
      token: await this.#make('/api/tokens', { name: mark }, agent),
      session: await this.#sessionOf(agent),
    }
  }

  /** Makes a thing and says its id; where there is no such route (yet), an id that nobody has. */
  async #make(path: string, body: unknown, by = 'the-owner'): Promise<string> {
    const template = path.replace(
      /^(\/api\/(instances|shops|products|customers))\/[^/]+/,
      (_all, room) => `${room}/{x}`,
    )
    const method = this.api.operations.find(
      (operation) => operation.body !== undefined && operation.path.replaceAll(/\{\w+\}/g, '{x}') === template,
    )?.method
    if (method === undefined) return 'nobody-has-this'
    const answer = await this.ask(by, method, path, { body, headers: { 'idempotency-key': randomUUID() } })
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.text}`)
    const { id } = answer.json
    return typeof id === 'number' ? String(id) : typeof id === 'string' ? id : ''
  }

  /** Lets a customer buy one of two things that there are, and the agent earn by it. */
  async #sell(agent: string, customer: string): Promise<string> {
    const product = `product-of-${agent}`
    await this.#make('/api/products', { id: product, name: 'Gift card', currency: 'USDT', base_price: '5' })
    await this.#make(`/api/products/${product}/stock`, { goods: `first of ${agent}\nsecond of ${agent}` })
    await this.#make(`/api/customers/${customer}/adjust`, { amount: '500', reason: 'to buy', currency: 'USDT' })
    await this.#make(`/api/shops/${agent}/pricing`, { kind: 'fixed', amount: '200' })
    return this.#make('/api/orders', { customer, product })
  }

  async #sessionOf(username: string): Promise<string> {
    if (!this.api.operations.some(({ name }) => name === 'GET /api/me/sessions')) return 'nobody-has-this'
    const { json } = await this.ask(username, 'GET', '/api/me/sessions')
    return known((json['items'] as { id: string }[])[0]).id
  }
}

interface Asked {
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** What stands in a path: by the part before it and its name, or by its name. */
const namedInPath: Readonly<Record<string, (things: Things) => string>> = {
  'instances/id': ({ instance }) => instance,
  'agents/id': ({ agent }) => agent,
  'customers/id': ({ customer }) => customer,
  'products/id': ({ product }) => product,
  'categories/id': ({ category }) => category,
  'orders/id': ({ order }) => order,
  'top-ups/id': ({ topUp }) => topUp,
  'withdrawals/id': ({ withdrawal }) => withdrawal,
  'broadcasts/id': ({ broadcast }) => broadcast,
  'outbox/id': ({ message }) => message,
  'tokens/id': ({ token }) => token,
  'sessions/id': ({ session }) => session,
  'servers/name': () => 'server1',
  tenant: ({ tenant }) => tenant,
  username: ({ username }) => username,
  user_id: ({ user }) => user,
  platform: () => 'telegram',
  platform_user_id: ({ owner }) => owner,
  position: () => '1',
  link: () => 'support',
  text: () => 'help',
  language: () => 'fa',
}

/** What stands in a body or a query. */
const namedInBody: Readonly<Record<string, (things: Things) => readonly unknown[]>> = {
  tenant: ({ tenant }) => [tenant],
  customer: ({ customer }) => [customer],
  product: ({ product }) => [product],
  instance: ({ instance }) => [instance],
  order: ({ order }) => [Number(order)],
  ids: ({ message }) => [Number(message)],
  user: ({ username }) => [username],
  amount: () => ['20', '0.5'],
  address: () => [address],
  reason: ({ mark }) => [`because of ${mark}`],
  reference: () => ['paid-by-hand'],
  txid: () => [txid('paid')],
  force: () => [false],
  server: () => ['server1'],
  to: () => ['server1'],
  owner_id: ({ user }) => [user],
  password: () => [goodPassword],
  html: () => ['<b>News</b>'],
  link: () => ['support'],
  url: () => ['https://example.com'],
  title: ({ mark }) => [mark],
  status: () => ['new', 'approved', 'active', 'trouble'],
  expiring_within: () => ['7d', '12h'],
  expires_in: () => ['90d'],
  since: () => ['2026-01-01', '7d'],
  phone_number: () => ['+491700055555', '+491700066666'],
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world is not made yet')
  return value
}
