/** Who may make the calls of owners and admins: said by the fence and the database, whatever a worker asks. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adminCalls } from '../../domain/admin-calls.ts'
import { agentCalls } from '../../domain/agent-calls.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { parseSettings } from '../../domain/settings.ts'
import { businessCalls } from '../../gateway/business-calls.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { officeCalls } from './office-calls.ts'

const keyring = makeKeyring([randomBytes(32)])
const context = { settings: parseSettings({}), keyring: () => keyring }
type Name = keyof typeof agentCalls | keyof typeof adminCalls
const agentNames = (Object.keys(agentCalls) as (keyof typeof agentCalls)[]).filter((name) => name !== 'claimShop')
const adminNames = Object.keys(adminCalls) as (keyof typeof adminCalls)[]

let db: TestDatabase
let updates = 0

beforeAll(async () => {
  db = await createTestDatabase()
  await db.database.query(`insert into server (name) values ('alpha')`)
  await db.database.query(`insert into tenant (id, name) values ('agent:agent001', 'Ann'), ('agent:other', 'Other')`)
  for (const [id, tenant] of [
    ['bot-master', 'master'],
    ['bot-ann', 'agent:agent001'],
    ['bot-other', 'agent:other'],
  ]) {
    await db.database.query(
      `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at, expires_at)
       values ($1, $2, 'telegram', 'Bot', 'alpha', 'test', 'approved', 'running', now(), now() + interval '1 day')`,
      [id, tenant],
    )
    await db.database.query(
      `update instance_lease set epoch = 3, nonce = 'n3', phase = 'held' where instance_id = $1`,
      [id],
    )
  }
  // 77 owns an agent's shop and is the owner of it all besides; 78 is neither.
  await db.database.query(
    `insert into tenant_owner (tenant_id, platform, platform_user_id) values ('agent:agent001', 'telegram', '77')`,
  )
  await db.database.query(
    `insert into app_user (id, username, password_hash, role) values ('u1', 'boss', 'none', 'owner')`,
  )
  await db.database.query(
    `insert into chat_identity (platform, platform_user_id, user_id) values ('telegram', '77', 'u1')`,
  )
})
afterAll(() => db.drop())
beforeEach(() => db.database.query('update app_user set disabled_at = null, role = $1, tenant_id = null', ['owner']))

async function ask(name: Name, { bot, who }: { bot: string; who: string }): Promise<unknown> {
  updates += 1
  const person = { platformUserId: who, chatId: who, username: null, displayName: null, languageHint: null }
  const bodies = officeCalls((_, more = {}) => ({
    updateKey: `tg:${updates}`,
    nonce: null,
    person,
    answerMark: null,
    ...more,
  }))
  const claim = { instanceId: bot, epoch: 3, nonce: 'n3' }
  const answer = (await db.database.transaction((tx) => businessCalls[name](tx, claim, bodies[name], context))) as {
    outcome: { result: unknown }
  }
  return answer.outcome.result
}

/** What is there beside the note that somebody wrote. */
async function everything(): Promise<unknown> {
  const { rows } = await db.database.query(
    `select (select json_agg(t order by id) from tenant t) as tenants, (select json_agg(t) from tenant_text t) as texts,
       (select json_agg(o) from tenant_owner o) as owners, (select count(*) from withdrawal) as withdrawals,
       (select count(*) from link_code) as codes, (select count(*) from instance) as instances,
       (select count(*) from audit_log) as audits, (select count(*) from outbox_message) as messages`,
  )
  return rows[0]
}

describe('to the owner of another shop, and to a stranger', () => {
  test.for(agentNames)('%s says that this is not theirs, and does nothing', async (name) => {
    const before = await everything()
    expect(await ask(name, { bot: 'bot-other', who: '77' })).toEqual({ kind: 'stranger' })
    expect(await ask(name, { bot: 'bot-ann', who: '78' })).toEqual({ kind: 'stranger' })
    expect(await everything()).toEqual(before)
  })
})

describe('in the master’s bot', () => {
  test.for(agentNames)('%s has no dashboard to speak of', async (name) => {
    const before = await everything()
    expect(await ask(name, { bot: 'bot-master', who: '77' })).toEqual({ kind: 'elsewhere' })
    expect(await everything()).toEqual(before)
  })

  test('the master’s shop cannot be claimed', async () => {
    expect(await ask('claimShop', { bot: 'bot-master', who: '77' })).toBe('unknown')
  })
})

describe('whoever is not one of the master’s people, or is in another bot', () => {
  test.for(adminNames)('gets nothing by %s', async (name) => {
    const before = await everything()
    expect(await ask(name, { bot: 'bot-ann', who: '77' }), 'in an agent’s bot').toEqual({ kind: 'stranger' })
    expect(await ask(name, { bot: 'bot-master', who: '78' }), 'without a user').toEqual({ kind: 'stranger' })
    await db.database.query('update app_user set disabled_at = now()')
    expect(await ask(name, { bot: 'bot-master', who: '77' }), 'disabled').toEqual({ kind: 'stranger' })
    await db.database.query(`update app_user set disabled_at = null, role = 'agent', tenant_id = 'agent:agent001'`)
    expect(await ask(name, { bot: 'bot-master', who: '77' }), 'an agent').toEqual({ kind: 'stranger' })
    expect(await everything()).toEqual(before)
  })

  const readOnly: readonly string[] = [
    'adminMenu',
    'adminAgents',
    'adminAgent',
    'adminWithdrawals',
    'adminWithdrawal',
    'adminWithdrawalStats',
    'adminTopUps',
    'adminTopUp',
  ]
  test.for(adminNames.filter((name) => !readOnly.includes(name)))('a viewer may not: %s', async (name) => {
    await db.database.query(`update app_user set role = 'viewer'`)
    const before = await everything()
    expect(await ask(name, { bot: 'bot-master', who: '77' })).toMatchObject({ kind: 'refused', trouble: 'not_allowed' })
    expect(await everything()).toEqual(before)
  })
})

test('what was refused half-way leaves nothing but the note that somebody asked', async () => {
  await db.database.query(`update instance set platform_bot_id = '7009' where id = 'bot-other'`)
  await db.database.query(`delete from tenant where id = 'agent:fresh'`)
  updates += 1
  const person = { platformUserId: '77', chatId: '77', username: null, displayName: null, languageHint: null }
  const body = {
    updateKey: `tg:${updates}`,
    nonce: null,
    person,
    answerMark: null,
    id: 'fresh',
    token: '7009:fake-token-for-tests',
    name: 'Fresh',
    telegram: { kind: 'unknown' },
  }
  const claim = { instanceId: 'bot-master', epoch: 3, nonce: 'n3' }
  const before = await everything()
  const answer = await db.database.transaction((tx) => businessCalls.adminCreateAgent(tx, claim, body, context))
  expect(answer).toMatchObject({ outcome: { result: { kind: 'refused', trouble: 'taken' } } })
  expect(await everything()).toEqual(before)
  const { rows } = await db.database.query('select outcome from handled_update where key = $1', [`tg:${updates}`])
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toContain('fake-token')
})
