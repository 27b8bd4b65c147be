/**
 * An actor of the role agent sees and changes only its own tenant, through every operation on agents and customers. The
 * table below is checked against the folders: an operation that comes new must be in it.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor } from '../../../domain/actor.ts'
import { agentIdOf } from '../../../domain/tenant.ts'
import { type AgentWorld, agentActor, createAgentWorld, keyring } from './agents-fixture.ts'

type Operation = (tx: Tx, actor: Actor, input: unknown) => Promise<unknown>

/** What is aimed at: a shop with a customer. */
interface Target {
  readonly tenant: string
  readonly customer: string
}

/** What its own agent may do (`own`), or only the house (`house`); each with an input that would work on the target. */
const operations: Record<string, { by: 'own' | 'house'; input: (target: Target) => unknown }> = {
  addButton: { by: 'own', input: ({ tenant }) => ({ tenant, title: 'Rules', url: '@rules' }) },
  removeButton: { by: 'own', input: ({ tenant }) => ({ tenant, position: 1 }) },
  setLink: { by: 'own', input: ({ tenant }) => ({ tenant, kind: 'support', link: '@support' }) },
  setMarkup: { by: 'own', input: ({ tenant }) => ({ tenant, markup: { kind: 'percent', hundredths: 100n } }) },
  setNoticeChat: { by: 'own', input: ({ tenant }) => ({ tenant, chat: '-100123' }) },
  setText: { by: 'own', input: ({ tenant }) => ({ tenant, kind: 'help', language: 'en', text: 'Help' }) },
  showShop: { by: 'own', input: ({ tenant }) => ({ tenant }) },
  showAgent: { by: 'own', input: ({ tenant }) => ({ tenant }) },
  listOwners: { by: 'own', input: ({ tenant }) => ({ tenant }) },
  addOwner: { by: 'house', input: ({ tenant }) => ({ tenant, platform: 'telegram', platformUserId: '4002' }) },
  removeOwner: { by: 'house', input: ({ tenant }) => ({ tenant, platform: 'telegram', platformUserId: '4001' }) },
  createClaimLink: { by: 'house', input: ({ tenant }) => ({ tenant }) },
  pauseAgent: { by: 'house', input: ({ tenant }) => ({ tenant }) },
  resumeAgent: { by: 'house', input: ({ tenant }) => ({ tenant }) },
  createAgent: {
    by: 'house',
    input: () => ({
      platform: 'telegram',
      name: 'N',
      server: 'alpha',
      token: '99999999:fake-token-for-tests',
      keyring,
    }),
  },
  showCustomer: { by: 'own', input: ({ customer }) => ({ id: customer }) },
  customerHistory: { by: 'own', input: ({ customer }) => ({ id: customer }) },
  blockCustomer: { by: 'house', input: ({ customer }) => ({ id: customer, reason: 'fraud' }) },
  unblockCustomer: { by: 'house', input: ({ customer }) => ({ id: customer }) },
  eraseCustomer: { by: 'house', input: ({ customer }) => ({ id: customer, withBalance: true }) },
}

/** They answer with what the agent may see, whatever it asks for. */
const lists = ['listAgents', 'listCustomers']

/** They take no actor: parts of the others, and what the gateway calls with the tenant of its fence. */
const withoutActor = new Set([
  'agent-view',
  'audit-agent',
  'audit-customer',
  'ensure-customer',
  'change-shop',
  'customer-view',
  'is-owner',
  'lock-agent',
  'lock-customer',
  'markup-view',
  'owners-of',
  'redeem-claim',
  'shop-of',
  'tenant-not-found',
  'transactions-of',
])

const services = join(import.meta.dirname, '..', '..', '..', 'services')
const files = ['agents', 'customers'].flatMap((folder) =>
  readdirSync(join(services, folder)).map((name) => ({ folder, name: name.replace(/\.ts$/, '') })),
)
const nameOf = (file: string) => file.replaceAll(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase())

async function operation(name: string): Promise<Operation> {
  const file = files.find((candidate) => nameOf(candidate.name) === name)
  const module = (await import(join(services, file?.folder ?? '', `${file?.name}.ts`))) as Record<string, Operation>
  const found = module[name]
  if (found === undefined) throw new Error(`no operation ${name}`)
  return found
}

let world: AgentWorld
let own: Target
let other: Target
let house: Target
beforeAll(async () => {
  world = await createAgentWorld()
  const [mine, theirs] = [await world.addAgent(), await world.addAgent()]
  own = { tenant: mine.tenant, customer: await world.addCustomer(mine.tenant, { balance: 5n }) }
  other = { tenant: theirs.tenant, customer: await world.addCustomer(theirs.tenant, { balance: 5n }) }
  house = { tenant: 'master', customer: await world.addCustomer('master', { balance: 5n }) }
  await world.database.query(`update tenant set extra_links = '[{"title": "A", "url": "https://t.me/a"}]'`)
  await world.database.query(
    `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, 'telegram', '4001'), ($2, 'telegram', '4001')`,
    [own.tenant, other.tenant],
  )
})
afterAll(() => world.drop())

/** Everything that any of these operations may change. */
async function everything(): Promise<string> {
  const tables = `tenant tenant_owner tenant_text tenant_fixed_markup link_code customer customer_chat instance audit_log
    outbox_message account subscription_period`
  const dumps = await Promise.all(
    tables.split(/\s+/).map((table) => world.database.query(`select t::text from ${table} t order by 1`)),
  )
  return JSON.stringify(dumps.map(({ rows }) => rows))
}

const rolledBack = new Error('rolled back')
/** Runs an operation and takes it back. */
async function attempt(name: string, target: Target): Promise<{ done: unknown } | { refused: unknown }> {
  const work = await operation(name)
  const input = operations[name]?.input(target)
  let done: unknown
  try {
    await world.database.transaction(async (tx) => {
      done = await work(tx, agentActor(own.tenant), input)
      throw rolledBack
    })
  } catch (error) {
    return error === rolledBack ? { done } : { refused: (error as { code?: string }).code }
  }
  throw new Error('a transaction that was to be rolled back was not')
}

it('the table has every operation of the folders', () => {
  const names = files.filter(({ name }) => !withoutActor.has(name)).map(({ name }) => nameOf(name))
  expect([...Object.keys(operations), ...lists].sort()).toEqual(names.sort())
})

describe.each(Object.entries(operations))('%s by an agent', (name, { by }) => {
  it(`of its own tenant: ${by === 'own' ? 'allowed' : 'refused'}`, async () => {
    expect(await attempt(name, own)).toEqual(by === 'own' ? { done: expect.anything() } : { refused: 'not_allowed' })
  })

  it('of another tenant, or of the master: refused, and nothing is written', async () => {
    const before = await everything()
    for (const target of [other, house]) {
      const { refused } = (await attempt(name, target)) as { refused: unknown }
      expect(['not_allowed', 'not_found']).toContain(refused)
    }
    const work = await operation(name)
    await world.database
      .transaction((tx) => work(tx, agentActor(own.tenant), operations[name]?.input(other)))
      .catch(() => undefined)
    expect(await everything()).toBe(before)
  })

  it('says the same of what exists in another tenant and of what exists nowhere', async () => {
    const message = async (target: Target) => {
      const work = await operation(name)
      const error: unknown = await world.database
        .transaction((tx) => work(tx, agentActor(own.tenant), operations[name]?.input(target)))
        .catch((thrown: unknown) => thrown)
      return String(error).replaceAll(agentIdOf(target.tenant), 'T').replaceAll(target.customer, 'C')
    }
    expect(await message(other)).toBe(await message({ tenant: 'agent:nowhere', customer: 'nobody' }))
  })
})

describe.each(lists)('%s by an agent', (name) => {
  it.each(['own', 'other', 'master', 'none'])('shows its own rows only when it asks for: %s', async (which) => {
    const work = await operation(name)
    const tenant = { own: own.tenant, other: other.tenant, master: 'master', none: undefined }[which]
    const rows = (await work({ open: true, query: world.database.query.bind(world.database) }, agentActor(own.tenant), {
      tenant,
    })) as { tenant: string }[]
    expect(rows.map((row) => row.tenant)).toEqual([own.tenant])
  })
})
