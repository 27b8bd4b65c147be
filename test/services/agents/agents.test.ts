/** Agents: made with their bot in one step, listed with what they sell. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgent } from '../../../services/agents/create-agent.ts'
import { listAgents } from '../../../services/agents/list-agents.ts'
import { showAgent } from '../../../services/agents/show-agent.ts'
import { createInstance } from '../../../services/create-instance.ts'
import { readCredential } from '../../../services/read-credential.ts'
import { type AgentWorld, createAgentWorld, keyring, period } from './agents-fixture.ts'

let world: AgentWorld
beforeAll(async () => {
  world = await createAgentWorld()
})
afterAll(() => world.drop())

let nextBot = 900_000
const bot = () => ({
  platform: 'telegram' as const,
  name: 'My Agent Bot',
  server: 'alpha',
  token: `${nextBot++}:fake-token-for-tests`,
  keyring,
})

describe('creating an agent', () => {
  it('makes the tenant, its bot and its owner in one step; the bot is new', async () => {
    const { agent, instance } = await world.run(createAgent, { ...bot(), id: 'agent001', owner: '123456789' })
    expect(agent).toMatchObject({
      id: 'agent001',
      tenant: 'agent:agent001',
      name: 'My Agent Bot',
      status: 'active',
      markup: { kind: 'percent', percent: '0', fixed: { USDT: '0', IRR: '0' } },
      owners: [{ platform: 'telegram', platform_user_id: '123456789' }],
      instances: [{ id: instance.id, status: 'new', desired: 'stopped', state: 'stopped' }],
      customers: 0,
      sales: [],
    })
    expect(instance).toMatchObject({ tenant: 'agent:agent001', owner: '123456789', status: 'new' })
    const token = await world.run(
      (tx) => readCredential(tx, keyring, { instanceId: instance.id, kind: 'telegram_token' }),
      {},
    )
    expect(token).toMatch(/^9\d+:fake/)
    expect((await world.audit('agent.create')).at(-1)).toMatchObject({ target_id: 'agent:agent001' })
  })

  it('approves the bot at once where months are given', async () => {
    const { instance } = await world.run(createAgent, { ...bot(), approve: { months: 3, ...period } })
    expect(instance).toMatchObject({ status: 'approved', desired: 'running', duration_months: 3 })
  })

  it('makes an id of the time where none is given, another for the next one of the same second', async () => {
    const made = await Promise.all([bot(), bot(), bot()].map((input) => world.run(createAgent, input)))
    const ids = made.map(({ agent }) => agent.id)
    for (const id of ids) expect(id).toMatch(/^agent_20\d{6}_\d{6}$/)
    expect(new Set(ids).size).toBe(3)
  })

  it.each([
    ['an id that is taken', { id: 'agent001' }, 'conflict'],
    ['an id of capitals', { id: 'Agent' }, 'usage'],
    ['the id of the master', { id: 'master' }, 'usage'],
    ['no name', { name: ' ' }, 'usage'],
    ['a token that is none', { token: 'nonsense' }, 'usage'],
    ['no token', { token: undefined }, 'usage'],
    ['an owner that is no id', { owner: '@somebody' }, 'usage'],
    ['months that cannot be bought', { approve: { months: 5, ...period } }, 'usage'],
  ])('refuses %s, and leaves nothing behind', async (_what, wrong, code) => {
    const count = async () => (await world.database.query<{ n: number }>('select count(*) as n from tenant')).rows[0]?.n
    const before = await count()
    await expect(world.run(createAgent, { ...bot(), ...wrong })).rejects.toMatchObject({ code })
    expect(await count()).toBe(before)
  })

  it('refuses a bot that is registered already, and leaves no agent without a bot', async () => {
    const input = bot()
    const { id } = await world.run(createInstance, input)
    await expect(world.run(createAgent, { ...input, id: 'twice' })).rejects.toMatchObject({
      code: 'conflict',
      details: { registered_as: id },
    })
    await expect(world.run(showAgent, { tenant: 'agent:twice' })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the list of agents', () => {
  it('has bots, customers and what was sold less what was refunded', async () => {
    const { tenant } = await world.addAgent({ id: 'seller' })
    await world.addStock('thing', 10)
    await world.database.query(`update tenant set markup_hundredths = 1000 where id = $1`, [tenant])
    const customer = await world.addCustomer(tenant, { balance: 100_000_000n })
    await world.addCustomer(tenant)
    expect((await world.buy(tenant, customer, 'thing', 2)).outcome).toBe('paid')
    const { id } = await world.buy(tenant, customer, 'thing', 3)
    expect((await world.buy(tenant, customer, 'thing', 9)).outcome).toBe('not_enough_balance')
    await world.database.query(
      `select refund_order($1, (select array_agg(unit_id) from (select unit_id from order_unit where order_id = $1 limit 1) u),
         'r1', false, 'broken', 'test')`,
      [id],
    )
    const [seller] = (await world.run(listAgents, {})).filter((agent) => agent.id === 'seller')
    expect(seller).toMatchObject({
      customers: 2,
      // Seed row S0-084: 10 of base and 1 of markup a unit; four units stay sold.
      sales: [{ currency: 'USDT', orders: 2, units: 4, turnover: '44', profit: '4' }],
      instances: [{ status: 'approved', desired: 'running' }],
    })
    expect(await world.run(showAgent, { tenant })).toEqual(seller)
  })

  it('is by status where one is asked for, and knows no master', async () => {
    const { tenant } = await world.addAgent({ id: 'sleeper' })
    await world.database.query(`update tenant set status = 'paused' where id = $1`, [tenant])
    expect((await world.run(listAgents, { status: 'paused' })).map(({ id }) => id)).toEqual(['sleeper'])
    expect((await world.run(listAgents, { status: 'active' })).map(({ id }) => id)).not.toContain('sleeper')
    expect((await world.run(listAgents, {})).map(({ id }) => id)).not.toContain('master')
    await expect(world.run(showAgent, { tenant: 'master' })).rejects.toMatchObject({ code: 'not_found' })
  })
})
