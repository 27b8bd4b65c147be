import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PaperFleet } from '../services/outbox/paper-fleet.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, bearer, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
let fleet: PaperFleet
const own = 'agent:t1'
const tokens: Record<string, Record<string, string>> = {}

beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  fleet = new PaperFleet(test)
  for (const [name, role] of [
    ['ben', 'operator'],
    ['ada', 'agent'],
    ['ann', 'admin'],
  ] as const) {
    await addPerson(test.database, name, role)
    tokens[name] = bearer(await tokenOf(panel, name))
  }
  await fleet.bot('bot-1', own)
  await fleet.bot('bot-2', 'agent:two')
  await fleet.customer('cus-1', own, ['bot-1'])
  await fleet.customer('cus-2', 'agent:two', ['bot-2'])
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})
beforeEach(() => test.database.query('delete from login_attempt'))

const as = (person: string) => (method: string, path: string, body?: unknown) =>
  ask(panel, path, { method, headers: { ...tokens[person] }, ...(body === undefined ? {} : { body }) })
const [ann, ben, ada] = [as('ann'), as('ben'), as('ada')]

describe('messages', () => {
  const idsOf = (json: Record<string, unknown>) => (json['items'] as { id: number }[]).map(({ id }) => id)

  it('are listed while they are not delivered, shown, driven anew and dropped', async () => {
    for (const reference of ['1', '2', '3']) await fleet.tell('cus-1', reference, { tenant: own })
    const first = await ben('GET', '/api/outbox?tenant=t1&limit=2')
    const [newest = 0, second = 0] = idsOf(first.json)
    const rest = await ben('GET', `/api/outbox?tenant=t1&limit=2&cursor=${String(first.json['next_cursor'])}`)
    const [oldest = 0] = idsOf(rest.json)
    expect(rest.json['next_cursor']).toBeNull()
    expect(oldest).toBeLessThan(second)
    expect((await ben('GET', `/api/outbox/${newest}`)).json).toMatchObject({ customer: 'cus-1', state: 'queued' })
    await test.database.query(`update outbox_message set state = 'dead', ended_at = now() where id = $1`, [oldest])
    expect(idsOf((await ben('GET', '/api/outbox?state=dead')).json)).toEqual([oldest])
    expect((await ben('POST', '/api/outbox/redrive', { ids: [newest, oldest] })).json).toEqual({ redriven: [oldest] })
    expect((await ben('POST', '/api/outbox/drop', { ids: [newest, second] })).json).toEqual({
      dropped: [second, newest].toSorted((a, b) => a - b),
    })
    expect((await ben('POST', '/api/outbox/drop', { ids: [newest] })).status).toBe(404)
    await test.database.query(`update outbox_message set state = 'dead', ended_at = now() where id = $1`, [oldest])
    const all = await ben('POST', '/api/outbox/redrive', { all: true, kind: 'balance_adjusted', tenant: 't1' })
    expect(all.json).toEqual({ redriven: [oldest] })
  })

  it.each([
    [{}],
    [{ ids: [] }],
    [{ ids: ['1'] }],
    [{ ids: [1], all: true }],
    [{ all: false }],
    [{ ids: [1_000_000_000_000_000] }],
  ])('are not driven anew by %j', async (body) => {
    expect((await ben('POST', '/api/outbox/redrive', body)).status).toBe(400)
  })

  it('are not an agent’s to see', async () => {
    expect((await ada('GET', '/api/outbox?tenant=t1')).status).toBe(403)
    expect((await ben('GET', '/api/outbox/999999999')).status).toBe(404)
  })
})

describe('a broadcast', () => {
  const create = (send: typeof ben, body: unknown) => send('POST', '/api/broadcasts', body)

  it('is a draft first, and is sent, paused, resumed and cancelled', async () => {
    const { status, json } = await create(ada, { html: '<b>News</b>' })
    expect(status).toBe(201)
    expect(json).toMatchObject({ tenant: own, state: 'draft', created_by: 'user:ada', recipients: 0 })
    const path = `/api/broadcasts/${String(json['id'])}`
    expect((await ada('POST', `${path}/preview`, {})).status).toBe(409)
    await test.database.query(
      `insert into chat_identity (platform, platform_user_id, user_id) select 'telegram', 'cus-1', id from app_user
       where username = 'ada'`,
    )
    expect((await ada('POST', `${path}/preview`)).json).toEqual({ id: json['id'], chats: 1 })
    expect((await ada('POST', `${path}/start`)).json).toMatchObject({ state: 'sending', recipients: 1 })
    expect((await ada('POST', `${path}/pause`)).json).toMatchObject({ state: 'paused' })
    expect((await ben('POST', `${path}/resume`)).json).toMatchObject({ state: 'sending' })
    expect((await ada('POST', `${path}/start`)).json).toMatchObject({ status: 409, code: 'conflict' })
    expect((await ada('POST', `${path}/cancel`)).json).toMatchObject({ state: 'cancelled' })
    expect((await ada('GET', path)).json).toMatchObject({ state: 'cancelled', html: '<b>News</b>' })
  })

  it('is previewed for another user only by somebody who may know who there is', async () => {
    const { json } = await create(ada, { html: 'For whom?' })
    const path = `/api/broadcasts/${String(json['id'])}/preview`
    expect((await ada('POST', path, { username: 'ann' })).status).toBe(403)
    expect((await ben('POST', path, { username: 'ada' })).status).toBe(403)
    expect((await ann('POST', path, { username: 'ada' })).json).toMatchObject({ chats: 1 })
  })

  it('is of a tenant that is there and of no other agent', async () => {
    expect((await create(ben, { html: 'x' })).json).toMatchObject({ status: 400 })
    expect((await create(ben, { html: 'x', tenant: 'nobody' })).status).toBe(404)
    expect((await create(ada, { html: 'x', tenant: 'two' })).status).toBe(403)
    expect((await create(ada, { html: 'x', tenant: 'nobody' })).status).toBe(403)
    const foreign = await create(ben, { html: 'secret news', tenant: 'two' })
    expect((await ada('GET', `/api/broadcasts/${String(foreign.json['id'])}`)).status).toBe(403)
    expect((await ada('GET', '/api/broadcasts/999999999')).status).toBe(403)
    const mine = await ada('GET', '/api/broadcasts')
    expect(mine.text).not.toContain('secret news')
    const page = await ben('GET', '/api/broadcasts?limit=1')
    expect(page.json['items']).toMatchObject([{ id: foreign.json['id'] }])
    const next = await ben('GET', `/api/broadcasts?limit=1&cursor=${String(page.json['next_cursor'])}`)
    expect(next.json['items']).toMatchObject([{ tenant: own }])
  })
})
