/** An agent is paused with its bots, and resuming gives back what pausing took, and no more. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { pauseAgent } from '../../../services/agents/pause-agent.ts'
import { resumeAgent } from '../../../services/agents/resume-agent.ts'
import { approveInstance } from '../../../services/approve-instance.ts'
import { createInstance } from '../../../services/create-instance.ts'
import { deleteInstance } from '../../../services/delete-instance.ts'
import { expireInstance } from '../../../services/expire-instance.ts'
import { renewInstance } from '../../../services/renew-instance.ts'
import { restartInstance } from '../../../services/restart-instance.ts'
import { showInstance } from '../../../services/show-instance.ts'
import { startInstance } from '../../../services/start-instance.ts'
import { stopInstance } from '../../../services/stop-instance.ts'
import { tenantIsPaused } from '../../../services/tenant-is-paused.ts'
import { ownerActor } from '../../support/rig.ts'
import { overlap } from '../people/people-fixture.ts'
import { type AgentWorld, createAgentWorld, keyring, period } from './agents-fixture.ts'

let world: AgentWorld
let tenant: string
let bot: string
let nextBot = 700_000
beforeAll(async () => {
  world = await createAgentWorld()
})
afterAll(() => world.drop())
beforeEach(async () => {
  ;({ tenant, bot } = await world.addAgent())
})

const addBot = async () => {
  nextBot += 1
  const token = `${nextBot}:fake-token-for-tests`
  const made = await world.run(createInstance, {
    platform: 'telegram',
    name: 'B',
    server: 'alpha',
    tenant,
    token,
    keyring,
  })
  return made.id
}
const look = (id = bot) => world.run(showInstance, { id })
const month = (id: string) => ({ id, months: 1, ...period })

test('pausing stops the bots and sells nothing; resuming brings both back', async () => {
  await world.addStock('pausable', 5)
  const customer = await world.addCustomer(tenant, { balance: 100_000_000n })
  expect((await world.run(pauseAgent, { tenant })).status).toBe('paused')
  expect(await look()).toMatchObject({ status: 'approved', desired: 'stopped', resumes_with_agent: true })
  expect((await world.buy(tenant, customer, 'pausable')).outcome).toBe('shop_paused')
  expect((await world.run(resumeAgent, { tenant })).status).toBe('active')
  expect(await look()).toMatchObject({ status: 'approved', desired: 'running', resumes_with_agent: false })
  expect((await world.buy(tenant, customer, 'pausable')).outcome).toBe('paid')
})

test('a bot that was stopped by hand stays stopped, one never approved stays new', async () => {
  const stopped = await addBot()
  await world.run(approveInstance, month(stopped))
  await world.run(stopInstance, { id: stopped })
  const fresh = await addBot()
  await world.run(pauseAgent, { tenant })
  await world.run(resumeAgent, { tenant })
  expect(await look()).toMatchObject({ desired: 'running' })
  expect(await look(stopped)).toMatchObject({ desired: 'stopped', resumes_with_agent: false })
  expect(await look(fresh)).toMatchObject({ status: 'new', desired: 'stopped' })
})

test('pausing twice changes nothing, also not what resuming gives back', async () => {
  await world.run(pauseAgent, { tenant })
  await world.run(pauseAgent, { tenant })
  await world.run(resumeAgent, { tenant })
  await world.run(resumeAgent, { tenant })
  expect(await look()).toMatchObject({ desired: 'running' })
  const { rows } = await world.database.query(`select action from audit_log where target_id = $1 order by id`, [tenant])
  expect(rows.map((row) => row['action'])).toEqual(['agent.create', 'agent.pause', 'agent.resume'])
})

test('while it is paused its bots are not started or restarted', async () => {
  await world.run(pauseAgent, { tenant })
  for (const service of [startInstance, restartInstance]) {
    await expect(world.run(service, { id: bot })).rejects.toThrow(/the agent of .* is paused; .*agent resume/)
  }
  expect(await look()).toMatchObject({ desired: 'stopped' })
})

test('a bot that is approved or renewed meanwhile starts when the agent resumes', async () => {
  const fresh = await addBot()
  const expired = await addBot()
  await world.run(approveInstance, month(expired))
  await world.run(expireInstance, { id: expired })
  await world.run(pauseAgent, { tenant })
  expect(await world.run(approveInstance, month(fresh))).toMatchObject({ status: 'approved', desired: 'stopped' })
  expect(await world.run(renewInstance, month(expired))).toMatchObject({ status: 'approved', desired: 'stopped' })
  await world.run(resumeAgent, { tenant })
  for (const id of [fresh, expired]) expect(await look(id)).toMatchObject({ status: 'approved', desired: 'running' })
})

test('renewing early while paused gives time and starts nothing', async () => {
  await world.run(pauseAgent, { tenant })
  expect(await world.run(renewInstance, month(bot))).toMatchObject({ desired: 'stopped', resumes_with_agent: true })
})

test('a bot stopped by hand while its agent is paused stays stopped', async () => {
  await world.run(pauseAgent, { tenant })
  await world.run(stopInstance, { id: bot })
  await world.run(resumeAgent, { tenant })
  expect(await look()).toMatchObject({ desired: 'stopped' })
})

test('a bot that expires or is deleted while its agent is paused does not run afterwards', async () => {
  const other = await addBot()
  await world.run(approveInstance, month(other))
  await world.run(pauseAgent, { tenant })
  await world.run(expireInstance, { id: bot })
  await world.run(deleteInstance, { id: other })
  await world.run(resumeAgent, { tenant })
  expect(await look()).toMatchObject({ status: 'expired' })
  expect(await look(other)).toMatchObject({ status: 'deleted', desired: 'stopped' })
})

test('an approval that overlaps with a pause never leaves a bot running', async () => {
  for (let round = 0; round < 5; round += 1) {
    const fresh = await addBot()
    await overlap(
      world.database,
      (tx) => approveInstance(tx, ownerActor, month(fresh)),
      (tx) => pauseAgent(tx, ownerActor, { tenant }),
    )
    expect(await look(fresh)).toMatchObject({ desired: 'stopped', resumes_with_agent: true })
    const late = await addBot()
    await world.run(resumeAgent, { tenant })
    await overlap(
      world.database,
      (tx) => pauseAgent(tx, ownerActor, { tenant }),
      (tx) => approveInstance(tx, ownerActor, month(late)),
    )
    expect(await look(late)).toMatchObject({ desired: 'stopped', resumes_with_agent: true })
    await world.run(resumeAgent, { tenant })
    expect(await look(late)).toMatchObject({ desired: 'running' })
  }
})

test('that an agent is not paused stays true until whoever asked is done', async () => {
  let pausing: Promise<unknown> | undefined
  let isPaused = false
  await world.database.transaction(async (tx) => {
    expect(await tenantIsPaused(tx, tenant)).toBe(false)
    pausing = world.run(pauseAgent, { tenant }).then(() => (isPaused = true))
    for (;;) {
      const waiting = await world.database.query('select 1 from pg_locks where not granted')
      if (waiting.rowCount > 0 || isPaused) break
    }
    expect(isPaused).toBe(false)
  })
  await pausing
  expect(isPaused).toBe(true)
})

test('an approval under way and a pause do not wait for each other', async () => {
  const fresh = await addBot()
  const paused = Promise.withResolvers<unknown>()
  let attempts = 0
  const approved = await world.database.transaction(async (tx) => {
    attempts += 1
    await tx.query('select 1 from instance where id = $1 for update', [fresh])
    world.run(pauseAgent, { tenant }).then(paused.resolve, paused.reject)
    for (;;) {
      const waiting = await world.database.query('select 1 from pg_locks where not granted')
      if (waiting.rowCount > 0) break
    }
    return approveInstance(tx, ownerActor, month(fresh))
  })
  await paused.promise
  expect({ attempts, desired: approved.desired }).toEqual({ attempts: 1, desired: 'running' })
  expect(await look(fresh)).toMatchObject({ desired: 'stopped', resumes_with_agent: true })
})

test('only a bot at rest waits for its agent', async () => {
  await expect(
    world.database.query('update instance set resumes_with_agent = true where id = $1', [bot]),
  ).rejects.toThrow(/instance_resumes_from_rest/)
})

test('the master and an agent that does not exist cannot be paused', async () => {
  for (const nobody of ['master', 'agent:nobody']) {
    await expect(world.run(pauseAgent, { tenant: nobody })).rejects.toMatchObject({ code: 'not_found' })
    await expect(world.run(resumeAgent, { tenant: nobody })).rejects.toMatchObject({ code: 'not_found' })
  }
  await expect(world.database.query(`update tenant set status = 'paused' where id = 'master'`)).rejects.toThrow(
    /tenant_master_has_no_markup/,
  )
})
