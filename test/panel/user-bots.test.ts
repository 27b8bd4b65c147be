import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Tx } from '../../db/transaction.ts'
import { parseSettings } from '../../domain/settings.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { readCredential } from '../../services/read-credential.ts'
import { createOwnBot } from '../../services/user-bots/own-bot.ts'
import { addPerson, overlap, personActor } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, bearer, panelKeyring, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
/** The same, where Telegram does not answer. */
let cutOff: RunningPanel
let telegram: Sandbox
const tokens: Record<string, Record<string, string>> = {}
const userIds: Record<string, string> = {}

beforeAll(async () => {
  test = await createTestDatabase()
  telegram = await startSandbox()
  panel = await runPanel(test.database, { settings: parseSettings({ TELEGRAM_API_ROOT: telegram.apiRoot }) })
  cutOff = await runPanel(test.database, { settings: parseSettings({ TELEGRAM_API_ROOT: 'http://127.0.0.1:1' }) })
  for (const [name, role] of [
    ['ada', 'agent'],
    ['eve', 'agent'],
    ['ann', 'admin'],
    ['oz', 'owner'],
    ['vi', 'viewer'],
  ] as const) {
    userIds[name] = await addPerson(test.database, name, role)
    tokens[name] = bearer(await tokenOf(panel, name))
  }
})
afterAll(async () => {
  await panel.stop()
  await cutOff.stop()
  await telegram.stop()
  await test.drop()
})
beforeEach(async () => {
  await test.database.query('delete from login_attempt')
  await as('ada')('DELETE', '/api/user-bot/remove')
  await as('eve')('DELETE', '/api/user-bot/remove')
})

const as =
  (person: string, at: () => RunningPanel = () => panel) =>
  (method: string, path: string, body?: unknown) =>
    ask(at(), path, { method, headers: { ...tokens[person] }, ...(body === undefined ? {} : { body }) })
const [ada, eve, ann] = [as('ada'), as('eve'), as('ann')]
const mtproto = { telegram_api_id: 12_345, telegram_api_hash: 'fake-hash', telegram_phone: '+1234567890' }
let count = 0
const newBot = () => {
  count += 1
  return telegram.createBot({ name: `Shop ${count}`, username: `shop_${count}_bot` })
}
const create = async (send = ada, bot = newBot()) => ({
  bot,
  answer: await send('POST', '/api/user-bot/create', { bot_token: bot.token, ...mtproto }),
})
const instanceOf = async (user: string) => {
  const { rows } = await test.database.query<Record<string, unknown> & { id: string }>(
    `select * from instance where owner_id = $1 and status <> 'deleted'`,
    [user],
  )
  const [row] = rows
  if (row === undefined) throw new Error('no bot')
  return row
}

describe('the own bot of an agent', () => {
  it('is made new, in its tenant, with what is secret kept sealed', async () => {
    expect((await ada('GET', '/api/user-bot/status')).json).toEqual({ has_bot: false })
    const { bot, answer } = await create()
    expect(answer.json).toEqual({
      success: true,
      bot_username: bot.username,
      bot_id: bot.id,
      status: 'pending',
      message: 'Your dedicated bot is now configured!',
    })
    const row = await instanceOf(userIds['ada'] ?? '')
    expect(row).toMatchObject({ status: 'new', tenant_id: 'agent:t1', platform: 'telegram', server_name: 'server1' })
    const sealed = await readCredential(test.database, panelKeyring, { instanceId: row.id, kind: 'mtproto' })
    expect(JSON.parse(sealed ?? '')).toEqual({ apiId: 12_345, apiHash: 'fake-hash', phone: '+1234567890' })
    const { rows } = await test.database.query('select sealed from instance_credential where instance_id = $1', [
      row.id,
    ])
    expect(JSON.stringify(rows)).not.toMatch(/fake-hash|1234567890/)
    expect((await ada('GET', '/api/user-bot/status')).json).toMatchObject({
      has_bot: true,
      bot_id: bot.id,
      status: 'pending',
      is_verified: true,
      rate_limit_rps: 1,
    })
  })

  it('is one for each user, also when two are asked for at once', async () => {
    await create()
    expect((await create()).answer.json).toMatchObject({ status: 400, detail: 'User already has a bot configured' })
    expect((await create(eve)).answer.status).toBe(200)
    await ada('DELETE', '/api/user-bot/remove')
    const actor = personActor('ada', userIds['ada'] ?? '', 'agent')
    const making = (tx: Tx) =>
      createOwnBot(tx, actor, { name: 'Twice', server: 'server1', keyring: panelKeyring, token: newBot().token })
    const second = (tx: Tx) => making(tx).catch((error: unknown) => error)
    const [, refused] = await overlap(test.database, making, second)
    expect(refused).toMatchObject({ code: 'usage', message: 'User already has a bot configured' })
  })

  it('is not made with a bad token, one of another tenant’s bot, or half of the MTProto credentials', async () => {
    const send = (body: unknown) => ada('POST', '/api/user-bot/create', body)
    expect((await send({ bot_token: 'nonsense' })).json).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^Invalid bot token: .*not a Telegram token/),
    })
    expect((await send({ bot_token: '424242:a-token-that-nobody-has' })).json).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^Invalid bot token: Telegram refuses/),
    })
    const bot = newBot()
    const theirs = await ann('POST', '/api/instances', { name: 'Theirs', token: bot.token, tenant: 'other' })
    expect(theirs.status).toBe(201)
    const { answer } = await create(ada, bot)
    expect(answer.status).toBe(409)
    expect(answer.text).not.toContain(String(theirs.json['id']))
    expect((await send({ bot_token: newBot().token, telegram_api_id: 1 })).status).toBe(400)
    expect((await ada('GET', '/api/user-bot/status')).json).toEqual({ has_bot: false })
  })

  it('is made unverified while Telegram does not answer, and verified later', async () => {
    const bot = newBot()
    const body = { bot_token: bot.token }
    expect((await as('ada', () => cutOff)('POST', '/api/user-bot/create', body)).status).toBe(200)
    expect((await ada('GET', '/api/user-bot/status')).json).toMatchObject({ is_verified: false, bot_username: null })
    const early = await as('ada', () => cutOff)('POST', '/api/user-bot/verify')
    expect([early.status, early.json['detail']]).toEqual([503, expect.stringContaining('Telegram does not answer')])
    expect((await ada('POST', '/api/user-bot/verify')).json).toEqual({
      success: true,
      status: 'pending',
      is_verified: true,
    })
    expect((await ada('GET', '/api/user-bot/status')).json).toMatchObject({ bot_username: bot.username })
  })

  it('stays suspended when it is verified, and is not verified by a revoked token', async () => {
    const { bot } = await create()
    const { id } = await instanceOf(userIds['ada'] ?? '')
    await ann('POST', `/api/instances/${id}/suspend`, { reason: 'unpaid' })
    expect((await ada('POST', '/api/user-bot/verify')).json).toMatchObject({ status: 'suspended', is_verified: true })
    expect(await instanceOf(userIds['ada'] ?? '')).toMatchObject({ status: 'suspended', suspended_reason: 'unpaid' })
    telegram.revokeToken(bot.id)
    expect((await ada('POST', '/api/user-bot/verify')).json).toMatchObject({ status: 409, code: 'conflict' })
  })

  it('is removed with its credentials', async () => {
    await create()
    const { id } = await instanceOf(userIds['ada'] ?? '')
    expect((await ada('DELETE', '/api/user-bot/remove')).json).toEqual({
      success: true,
      message: 'Bot removed successfully',
    })
    expect((await ada('DELETE', '/api/user-bot/remove')).json).toMatchObject({ status: 404, detail: 'No bot found' })
    expect((await ada('POST', '/api/user-bot/verify')).json).toMatchObject({ status: 404, detail: 'Bot not found' })
    const left = await test.database.query('select 1 from instance_credential where instance_id = $1', [id])
    expect(left.rowCount).toBe(0)
  })

  it('is neither seen nor removed by another user of the same agent, nor is a bot that an operator made', async () => {
    await create()
    expect((await eve('GET', '/api/user-bot/status')).json).toEqual({ has_bot: false })
    expect((await eve('DELETE', '/api/user-bot/remove')).status).toBe(404)
    const { json } = await ann('POST', '/api/instances', { name: 'Ours', token: newBot().token, tenant: 't1' })
    expect((await eve('GET', '/api/user-bot/status')).json).toEqual({ has_bot: false })
    await ann('PATCH', `/api/instances/${String(json['id'])}`, { owner_id: userIds['eve'] })
    expect((await eve('GET', '/api/user-bot/status')).json).toMatchObject({ has_bot: true })
  })

  it.each(['oz', 'ann', 'vi'])('is nothing that staff have: %s', async (person) => {
    expect((await as(person)('GET', '/api/user-bot/status')).status).toBe(403)
    expect((await as(person)('POST', '/api/user-bot/create', { bot_token: newBot().token })).status).toBe(403)
    expect((await as(person)('DELETE', '/api/user-bot/remove')).status).toBe(403)
  })
})

describe('an admin’s look at the bots of users', () => {
  it('lists them in numbered pages, by their status', async () => {
    await create()
    await create(eve)
    const first = await ann('GET', '/api/admin/bots/list?limit=1&status=pending')
    expect(first.json).toMatchObject({
      total: 2,
      page: 1,
      limit: 1,
      total_pages: 2,
      bots: [{ user_id: userIds['eve'] }],
    })
    const second = await ann('GET', '/api/admin/bots/list?limit=1&page=2&status=pending')
    expect(second.json['bots']).toMatchObject([{ user_id: userIds['ada'], status: 'pending' }])
    expect((await ann('GET', '/api/admin/bots/list?page=9')).json).toMatchObject({ total: 2, bots: [] })
    expect((await ann('GET', '/api/admin/bots/list?status=active')).json).toMatchObject({ total: 0, total_pages: 0 })
    expect((await ada('GET', '/api/admin/bots/list')).status).toBe(403)
    expect((await as('vi')('GET', '/api/admin/bots/list')).status).toBe(403)
  })

  it.each(['page=0', 'limit=0', 'limit=101', 'status=nonsense', 'page=1.5'])('refuses %s', async (query) => {
    expect((await ann('GET', `/api/admin/bots/list?${query}`)).status).toBe(400)
  })

  it('says what a bot is in the seed’s words', async () => {
    await create()
    const user = userIds['ada'] ?? ''
    const { id } = await instanceOf(user)
    const status = async () => (await ada('GET', '/api/user-bot/status')).json['status']
    await ann('POST', `/api/instances/${id}/approve`, { duration_months: 1 })
    expect(await status()).toBe('active')
    await test.database.query(`update instance set state = 'token_invalid' where id = $1`, [id])
    expect(await status()).toBe('error')
    await ann('POST', `/api/instances/${id}/stop`)
    expect(await status()).toBe('paused')
    await ann('POST', `/api/instances/${id}/expire`)
    expect(await status()).toBe('expired')
  })

  it('is written down, suspends with a reason, activates, and sets limits', async () => {
    const { bot } = await create()
    const user = userIds['ada'] ?? ''
    const path = `/api/admin/bots/${user}`
    expect((await ann('POST', `${path}/access`)).json).toEqual({
      success: true,
      user_id: user,
      bot_username: bot.username,
      access_granted: true,
    })
    const { id } = await instanceOf(user)
    const audit = await test.database.query(
      `select actor, target_id, tenant_id, details from audit_log where action = 'instance.access'`,
    )
    expect(audit.rows).toEqual([{ actor: 'user:ann', target_id: id, tenant_id: 'agent:t1', details: { user } }])
    expect((await ann('PATCH', `${path}/suspend`, {})).status).toBe(400)
    expect((await ann('PATCH', `${path}/suspend`, { reason: 'abuse' })).json).toEqual({
      success: true,
      status: 'suspended',
    })
    expect(await instanceOf(user)).toMatchObject({ status: 'suspended', suspended_reason: 'abuse' })
    expect((await ann('PATCH', `${path}/activate`)).json).toEqual({
      success: true,
      status: 'pending',
      is_verified: true,
    })
    expect((await ann('PATCH', `${path}/rate-limit`, { rps: 2.5, max_concurrent: 7 })).json).toEqual({
      success: true,
      rate_limit_rps: 2.5,
      max_concurrent_requests: 7,
    })
    expect(await instanceOf(user)).toMatchObject({ rate_limit_rps: 2.5, max_concurrent_requests: 7 })
  })

  it.each([
    { rps: 0, max_concurrent: 1 },
    { rps: 31, max_concurrent: 1 },
    { rps: 1, max_concurrent: 0 },
    { rps: 1, max_concurrent: 101 },
    { rps: 1, max_concurrent: 1.5 },
    { rps: 1 },
  ])('refuses the limits %j', async (body) => {
    await create()
    expect((await ann('PATCH', `/api/admin/bots/${userIds['ada']}/rate-limit`, body)).status).toBe(400)
  })

  it('finds no bot of a user who has none, and names none of several', async () => {
    for (const [method, action, body] of [
      ['POST', 'access', undefined],
      ['PATCH', 'suspend', { reason: 'x' }],
      ['PATCH', 'activate', undefined],
      ['PATCH', 'rate-limit', { rps: 1, max_concurrent: 1 }],
    ] as const) {
      const answer = await ann(method, `/api/admin/bots/nobody/${action}`, body)
      expect([answer.status, answer.json['detail']]).toEqual([404, 'Bot not found for user nobody'])
    }
    for (const name of ['One', 'Two']) {
      await ann('POST', '/api/instances', { name, token: newBot().token, owner_id: 'owner of two' })
    }
    expect((await ann('POST', '/api/admin/bots/owner%20of%20two/access')).status).toBe(409)
  })
})
