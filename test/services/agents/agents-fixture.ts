/** Agents with bots, customers with money, goods to sell: what tests of agents and customers begin with. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import { makeKeyring } from '../../../domain/keyring.ts'
import { type CreateAgent, createAgent } from '../../../services/agents/create-agent.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ownerActor } from '../../support/rig.ts'

export const keyring = makeKeyring([randomBytes(32)])
export const period = { daysPerMonth: 30, portBase: 4001, portCount: 200 }

/** An owner of the shop `tenant`, as the gateway makes one of a chat identity. */
export function agentActor(tenant: string): Actor {
  return { name: 'owner:telegram:1', userId: null, role: 'agent', tenant, source: 'bot:test' }
}

type Service<I, R> = (tx: Tx, actor: Actor, input: I) => Promise<R>

export interface AgentWorld extends TestDatabase {
  run<I, R>(service: Service<I, R>, input: NoInfer<I>, actor?: Actor): Promise<R>
  /** An agent with a bot that is approved for a month; returns its tenant and the bot. */
  addAgent(more?: Partial<CreateAgent>): Promise<{ tenant: string; bot: string }>
  addCustomer(tenant: string, more?: { name?: string; balance?: bigint }): Promise<string>
  addStock(product: string, count: number): Promise<void>
  /** Buys, and says the order's status or its refusal. */
  buy(tenant: string, customer: string, product: string, quantity?: number): Promise<{ id: number; outcome: string }>
  audit(action: string): Promise<Record<string, unknown>[]>
}

let nextBot = 500_000

export async function createAgentWorld(): Promise<AgentWorld> {
  const test = await createTestDatabase()
  const { database } = test
  const run = <I, R>(service: Service<I, R>, input: NoInfer<I>, actor: Actor = ownerActor) =>
    database.transaction((tx) => service(tx, actor, input))

  async function addCustomer(tenant: string, more: { name?: string; balance?: bigint } = {}): Promise<string> {
    const id = randomUUID()
    await database.query(
      `insert into customer (id, tenant_id, platform, platform_user_id, username, display_name, language)
       values ($1, $2, 'telegram', $3, $4, $5, 'en')`,
      [id, tenant, String(nextBot++), more.name ?? 'someone', more.name ?? 'Some One'],
    )
    if (more.balance !== undefined) {
      await database.query(`select * from credit_payment(null, 'test', $1, $2, 'USDT', $3, 'test')`, [
        randomUUID(),
        id,
        more.balance,
      ])
    }
    return id
  }

  async function buy(tenant: string, customer: string, product: string, quantity = 1) {
    const { rows } = await database.query<{ id: number; status: string; refusal: string | null }>(
      `select id, status, refusal from place_order($1, $2, null, $3, $4, $5, null, null, interval '48 hours', 'test')`,
      [tenant, customer, product, quantity, randomUUID()],
    )
    const row = rows[0]
    if (row === undefined) throw new Error('place_order returned nothing')
    return { id: row.id, outcome: row.refusal ?? row.status }
  }

  return {
    ...test,
    run,
    addCustomer,
    buy,
    addAgent: async (more = {}) => {
      nextBot += 1
      const { agent, instance } = await run(createAgent, {
        platform: 'telegram',
        name: 'Shop',
        server: 'alpha',
        token: `${nextBot}:fake-token-for-tests`,
        keyring,
        verified: { username: `shop_${nextBot}_bot` },
        approve: { months: 1, ...period },
        id: `a${nextBot}`,
        ...more,
      })
      return { tenant: agent.tenant, bot: instance.id }
    },
    addStock: async (product, count) => {
      await database.query(
        `insert into product (id, name, currency, base_price, created_by) values ($1, $1, 'USDT', 10000000, 'test')
         on conflict do nothing`,
        [product],
      )
      await database.query(
        `insert into stock_unit (product_id, key_id, sealed, fingerprint)
         select $1, 'k', 'sealed', sha256(convert_to($1 || gen_random_uuid()::text, 'UTF8')) from generate_series(1, $2)`,
        [product, count],
      )
    },
    audit: async (action) => {
      const { rows } = await database.query(
        'select actor, tenant_id, target_id, details from audit_log where action = $1 order by id',
        [action],
      )
      return rows
    },
  }
}
