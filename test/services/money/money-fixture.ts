/** An agent that sells for another's shop, its customers, and what it takes to earn, pay in and pay out. */
import { createHash, randomUUID } from 'node:crypto'
import type { Database } from '../../../db/database.ts'
import type { Actor, Role } from '../../../domain/actor.ts'
import type { TopUpLimits } from '../../../domain/top-up.ts'
import { tronAddressOf } from '../../../domain/tron-address.ts'
import type { WithdrawalRules } from '../../../domain/withdrawal.ts'
import { earningsOf } from '../../../services/withdrawals/earnings-of.ts'
import { type RequestWithdrawal, requestWithdrawal } from '../../../services/withdrawals/request-withdrawal.ts'

export const machine: Actor = { name: 'cli:root@test', userId: null, role: 'owner', tenant: null, source: 'cli' }
export const agent = 'agent:ann'
export const usdt = (amount: number) => BigInt(Math.round(amount * 1_000_000))
export const rules: WithdrawalRules = { minimum: usdt(10), fee: usdt(1), twoPeopleAbove: usdt(500) }
export const limits: TopUpLimits = {
  currency: 'USDT',
  minimum: usdt(1),
  maximum: usdt(1000),
  hours: 24,
  instructions: 'Send it to T...',
}
export const address = tronAddressOf(createHash('sha256').update('somebody').digest().subarray(0, 20))
export const txid = (seed: string) => createHash('sha256').update(seed).digest('hex')

export const ownerOf = (tenant: string): Actor => ({
  name: `owner:${tenant}`,
  userId: null,
  role: 'agent',
  tenant,
  source: 'bot:1',
})

export async function addTenant(database: Database, tenant: string): Promise<void> {
  await database.query('insert into tenant (id, name) values ($1, $1) on conflict do nothing', [tenant])
}

/** A user without a password, as an actor that came through a face. */
export async function addUser(database: Database, username: string, role: Role, tenant?: string): Promise<Actor> {
  await database.query(
    `insert into app_user (id, username, password_hash, role, tenant_id) values ($1, $1, 'none', $2, $3)
     on conflict do nothing`,
    [username, role, tenant ?? null],
  )
  return { name: `user:${username}`, userId: username, role, tenant: tenant ?? null, source: 'bot:master' }
}

export async function linkChat(database: Database, username: string, platformUserId: string): Promise<void> {
  await database.query(`insert into chat_identity (platform, platform_user_id, user_id) values ('telegram', $1, $2)`, [
    platformUserId,
    username,
  ])
}

export async function addCustomer(database: Database, tenant = agent): Promise<string> {
  const id = randomUUID()
  await addTenant(database, tenant)
  await database.query(
    `insert into customer (id, tenant_id, platform, platform_user_id, display_name) values ($1, $2, 'telegram', $1, 'Bo')`,
    [id, tenant],
  )
  return id
}

/**
 * Sells one unit of a product to a customer who pays exactly for it; the profit is due after `hours`. Returns the order's
 * id.
 */
export async function sell(
  database: Database,
  input: { tenant?: string; profit: bigint; hours?: number; customer?: string },
): Promise<number> {
  const { tenant = agent, profit, hours = 0 } = input
  const customer = input.customer ?? (await addCustomer(database, tenant))
  const product = `p${randomUUID().slice(0, 8)}`
  const price = 1_000_000n
  const setUp = [
    `insert into product (id, name, currency, base_price, created_by) values ('${product}', 'P', 'USDT', ${price}, 'test')`,
    `insert into stock_unit (product_id, key_id, sealed, fingerprint)
     values ('${product}', 'k', 'x', decode('${createHash('sha256').update(product).digest('hex')}', 'hex'))`,
    `update tenant set markup_kind = 'fixed' where id = '${tenant}'`,
    `insert into tenant_fixed_markup (tenant_id, currency, amount) values ('${tenant}', 'USDT', ${profit})
     on conflict (tenant_id, currency) do update set amount = excluded.amount`,
    `select adjust_balance('${customer}', 'USDT', ${price + profit}, '${product}', 'to buy', 'test')`,
  ]
  for (const statement of setUp) await database.query(statement)
  const { rows } = await database.query<{ id: number; status: string; refusal: string | null }>(
    `select id, status, refusal from place_order($1, $2, null, $3, 1, $3, null, null, $4 * interval '1 hour', 'test')`,
    [tenant, customer, product, hours],
  )
  const order = rows[0]
  if (order?.status !== 'paid') throw new Error(`not sold: ${order?.refusal}`)
  return order.id
}

/** Gives an agent money that can be withdrawn at once. */
export async function earn(database: Database, amount: bigint, tenant = agent): Promise<void> {
  await addTenant(database, tenant)
  await sell(database, { tenant, profit: amount })
}

export function ask(
  database: Database,
  amount: bigint,
  more: Partial<RequestWithdrawal> & { actor?: Actor } = {},
): ReturnType<typeof requestWithdrawal> {
  const { actor, ...rest } = more
  const tenant = rest.tenant ?? agent
  return database.transaction((tx) =>
    requestWithdrawal(tx, actor ?? ownerOf(tenant), { tenant, amount, address, key: randomUUID(), rules, ...rest }),
  )
}

/** Asks for a withdrawal that must be granted; returns its id. */
export async function asked(
  database: Database,
  amount: bigint,
  more: Partial<RequestWithdrawal> & { actor?: Actor } = {},
): Promise<string> {
  const outcome = await ask(database, amount, more)
  if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.refusal} ${outcome.detail}`)
  return outcome.withdrawal.id
}

/** What the agent has in USDT, by the view that people see. */
export async function earnings(database: Database, tenant = agent) {
  const lines = await earningsOf(database, machine, { tenant })
  const line = lines.find(({ currency }) => currency === 'USDT')
  const { available = '0', pending = '0', held = '0', paid_out: paidOut = '0', debt = '0' } = line ?? {}
  return { available, pending, held, paidOut, debt }
}

/** Every tracked balance against the sum of its transfers; the differences. */
export async function ledgerDifferences(database: Database): Promise<unknown[]> {
  const { rows } = await database.query(
    `select a.id, a.tenant_id, a.kind, a.balance, s.sum from account a
     cross join lateral (
       select coalesce(sum(case when to_account = a.id then amount else -amount end), 0) as sum from transfer
       where to_account = a.id or from_account = a.id
     ) s
     where a.balance is not null and a.balance <> s.sum`,
  )
  return rows
}
