import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeKeyring } from '../../domain/keyring.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Answer, ask, bearer, panelKeyring, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
let admin: Record<string, string>
let number = 491_700_000_000

beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  await addPerson(test.database, 'the-admin', 'admin')
  await addPerson(test.database, 'the-owner', 'owner')
  admin = bearer(await tokenOf(panel, 'the-admin'))
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})
beforeEach(() => test.database.query('delete from login_attempt'))

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  ask(panel, path, { method, headers: { ...admin, ...headers }, ...(body === undefined ? {} : { body }) })

function nextNumber(): string {
  number += 1
  return `+${number}`
}

async function create(name = 'Shop'): Promise<Record<string, unknown> & { id: string }> {
  const { status, json } = await send('POST', '/api/instances', { name, phone_number: nextNumber() })
  expect(status).toBe(201)
  return json as Record<string, unknown> & { id: string }
}

describe('a bot by the bodies of seed 004', () => {
  it('is created new, approved with a date and a port, renewed, stopped, started and deleted', async () => {
    const bot = await create('My Bot')
    expect(bot).toMatchObject({ platform: 'whatsapp', status: 'new', server_name: 'server1', tenant: 'master' })
    const path = `/api/instances/${bot.id}`
    const approved = await send('POST', `${path}/approve`, { duration_months: 1 })
    expect(approved.json).toMatchObject({
      message: 'Instance approved and started',
      instance_id: bot.id,
      duration_months: 1,
      port: 4001,
      instance: { status: 'approved', desired: 'running' },
    })
    const firstEnd = Date.parse(String(approved.json['expires_at']))
    const renewed = await send('POST', `${path}/renew`, { duration_months: 3, price: '25', currency: 'USDT' })
    expect(Date.parse(String(renewed.json['expires_at'])) - firstEnd).toBe(90 * 86_400_000)
    expect((await send('POST', `${path}/stop`)).json).toMatchObject({ desired: 'stopped', status: 'approved' })
    expect((await send('POST', `${path}/start`)).json).toMatchObject({ desired: 'running' })
    expect((await send('GET', `${path}/periods`)).json['items']).toMatchObject([
      { kind: 'renew', months: 3, price: '25', currency: 'USDT' },
      { kind: 'approve', months: 1, price: null },
    ])
    expect((await send('DELETE', path)).json).toMatchObject({ status: 'deleted' })
    expect((await send('POST', `${path}/start`)).json).toMatchObject({
      status: 409,
      current_status: expect.any(String),
    })
  })

  it('is suspended with a reason, edited, and its timeline says who did it', async () => {
    const { id } = await create()
    const suspended = await send('POST', `/api/instances/${id}/suspend`, { reason: 'unpaid' })
    expect(suspended.json).toMatchObject({ status: 'suspended', suspended_reason: 'unpaid' })
    expect((await send('POST', `/api/instances/${id}/activate`)).json).toMatchObject({ status: 'new' })
    const edited = await send('PATCH', `/api/instances/${id}`, { name: 'Other', rate_limit_rps: 2 })
    expect(edited.json).toMatchObject({ name: 'Other', rate_limit_rps: 2 })
    const { items } = (await send('GET', `/api/instances/${id}/events?limit=2`)).json as { items: { id: number }[] }
    expect(items).toHaveLength(2)
    const older = await send('GET', `/api/instances/${id}/events?before=${items[1]?.id}`)
    expect(older.json['items']).not.toContainEqual(items[1])
  })

  it('says beforehand until when it would run, and then does', async () => {
    const { id } = await create()
    const path = `/api/instances/${id}`
    const terms = async () => {
      const { json } = await send('GET', `${path}/terms`)
      return json['items'] as { months: number; starts_at: string; ends_at: string }[]
    }
    const lengths = (items: Awaited<ReturnType<typeof terms>>) =>
      items.map((item) => [item.months, (Date.parse(item.ends_at) - Date.parse(item.starts_at)) / 86_400_000])
    const ofNew = await terms()
    expect(lengths(ofNew)).toEqual([
      [1, 30],
      [2, 60],
      [3, 90],
      [6, 180],
      [12, 360],
    ])
    const { expires_at: end } = (await send('POST', `${path}/approve`, { duration_months: 1 })).json
    expect(Date.parse(String(end)) - Date.parse(ofNew[0]?.ends_at ?? '')).toBeLessThan(60_000)
    const ofApproved = await terms()
    expect(ofApproved[0]?.starts_at).toBe(end)
    expect((await send('POST', `${path}/renew`, { duration_months: 12 })).json['expires_at']).toBe(
      ofApproved[4]?.ends_at,
    )
    await send('POST', `${path}/suspend`, { reason: 'unpaid' })
    expect((await send('GET', `${path}/terms`)).json).toMatchObject({ status: 409, current_status: 'suspended' })
  })

  it('belongs to nobody by an owner_id that is null or empty, also later', async () => {
    for (const owner_id of [null, '']) {
      const body = { name: 'Nobody’s', phone_number: nextNumber(), owner_id }
      const { status, json } = await send('POST', '/api/instances', body)
      expect([status, json['owner']]).toEqual([201, null])
      const path = `/api/instances/${String(json['id'])}`
      expect((await send('PATCH', path, { owner_id: 'sam' })).json['owner']).toBe('sam')
      expect((await send('PATCH', path, { name: 'Other' })).json['owner']).toBe('sam')
      expect((await send('PATCH', path, { owner_id })).json['owner']).toBeNull()
    }
    expect((await send('GET', '/api/admin/bots/list')).json).toMatchObject({ total: 0 })
  })

  it('that cannot be done from where it is says from where it can', async () => {
    const { id } = await create()
    expect((await send('POST', `/api/instances/${id}/renew`, { duration_months: 1 })).json).toMatchObject({
      status: 409,
      current_status: 'new',
      possible_from: ['approved', 'expired'],
    })
  })

  it.each([
    ['no months', { duration_months: 4 }],
    ['a field too many', { duration_months: 1, status: 'approved' }],
    ['a text for a number', { duration_months: '1' }],
    ['a payment without its price', { duration_months: 1, payment: 'cash' }],
  ])('is not approved with %s', async (_what, body) => {
    const { id } = await create()
    const { status, json } = await send('POST', `/api/instances/${id}/approve`, body)
    expect({ status, code: json['code'] }).toEqual({ status: 400, code: 'usage' })
    expect((await send('GET', `/api/instances/${id}`)).json).toMatchObject({ status: 'new' })
  })
})

describe('the list of bots', () => {
  it('comes in pages that hold every bot once, also while bots are added', async () => {
    for (let n = 0; n < 5; n += 1) await create(`paged ${n}`)
    const seen: string[] = []
    let cursor = ''
    for (;;) {
      const { json } = await send('GET', `/api/instances?q=PAGED&limit=2${cursor}`)
      const page = json as { items: { name: string }[]; next_cursor: string | null }
      seen.push(...page.items.map(({ name }) => name))
      await create('paged later')
      if (page.next_cursor === null) break
      cursor = `&cursor=${page.next_cursor}`
    }
    expect(seen).toEqual([4, 3, 2, 1, 0].map((n) => `paged ${n}`))
  })

  it('is of this server unless another is asked for', async () => {
    const here = await create('here')
    await send('POST', '/api/instances', { name: 'there', phone_number: nextNumber(), server: 'server2' })
    const names = async (query: string) =>
      ((await send('GET', `/api/instances?limit=1000${query}`)).json['items'] as { name: string }[]).map((b) => b.name)
    expect(await names('')).toContain(here['name'])
    expect(await names('')).not.toContain('there')
    expect(await names('&server=server2')).toEqual(['there'])
    expect(await names('&server=*')).toEqual(expect.arrayContaining(['here', 'there']))
  })

  it.each(['?limit=0', '?limit=1&limit=2', '?status=nonsense', '?unknown=1', '?expiring_within=soon', '?cursor=%00'])(
    'refuses %s',
    async (query) => {
      expect((await send('GET', `/api/instances${query}`)).status).toBe(400)
    },
  )
})

describe('If-Match', () => {
  it('refuses a change by somebody who has seen an older bot, and passes one who has seen this', async () => {
    const { id } = await create()
    const seen = (await send('GET', `/api/instances/${id}`)).headers.get('etag') ?? ''
    await send('PATCH', `/api/instances/${id}`, { name: 'changed meanwhile' })
    const stale = await send('POST', `/api/instances/${id}/approve`, { duration_months: 1 }, { 'if-match': seen })
    expect({ status: stale.status, code: stale.json['code'] }).toEqual({ status: 412, code: 'stale' })
    expect((await send('GET', `/api/instances/${id}`)).json).toMatchObject({ status: 'new' })
    const now = (await send('GET', `/api/instances/${id}`)).headers.get('etag') ?? ''
    expect((await send('PATCH', `/api/instances/${id}`, { name: 'again' }, { 'if-match': now })).status).toBe(200)
  })
})

describe('Idempotency-Key', () => {
  const body = () => ({ name: 'once', phone_number: nextNumber() })
  const keyed = (key: string, what: unknown): Promise<Answer> =>
    send('POST', '/api/instances', what, { 'idempotency-key': key })

  it('makes a repeated request the first one’s answer', async () => {
    const [key, what] = [randomUUID(), body()]
    const first = await keyed(key, what)
    const again = await keyed(key, what)
    expect(first.status).toBe(201)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect({ status: again.status, json: again.json }).toEqual({ status: 201, json: first.json })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  it('creates one bot of twenty requests at once', async () => {
    const [key, what] = [randomUUID(), body()]
    const answers = await Promise.all(Array.from({ length: 20 }, () => keyed(key, what)))
    const made = answers.filter(({ status }) => status === 201)
    expect(new Set(made.map(({ json }) => json['id'])).size).toBe(1)
    expect(answers.every(({ status }) => [201, 409].includes(status))).toBe(true)
    const { rows } = await test.database.query('select 1 from instance where phone_number = $1', [what.phone_number])
    expect(rows).toHaveLength(1)
  })

  it('is refused for another request, and is free again after a failure', async () => {
    const key = randomUUID()
    const failed = await keyed(key, { name: 'x', phone_number: 'nonsense' })
    expect(failed.status).toBe(400)
    expect((await keyed(key, body())).status).toBe(201)
    const other = await keyed(key, body())
    expect({ status: other.status, code: other.json['code'] }).toEqual({ status: 422, code: 'key_reused' })
    expect((await keyed('a key with spaces', body())).status).toBe(400)
  })

  it('is each caller’s own: another’s is never seen', async () => {
    const [key, what] = [randomUUID(), body()]
    expect((await keyed(key, what)).status).toBe(201)
    const headers = { ...bearer(await tokenOf(panel, 'the-owner')), 'idempotency-key': key }
    const another = await ask(panel, '/api/instances', { headers, body: body() })
    expect({ status: another.status, replayed: another.headers.get('idempotent-replayed') }).toEqual({
      status: 201,
      replayed: null,
    })
  })

  it('keeps nothing that a password in the body could be guessed by', async () => {
    const owner = bearer(await tokenOf(panel, 'the-owner'))
    const person = { username: 'vera', password: 'harvest-lamp-orbit-77', role: 'viewer' }
    const headers = { ...owner, 'idempotency-key': randomUUID() }
    expect((await ask(panel, '/api/users', { headers, body: person })).status).toBe(201)
    const bare = createHash('sha256')
      .update(JSON.stringify(['POST', '/api/users', {}, person]))
      .digest()
    const { rows } = await test.database.query('select fingerprint from api_reply where key = $1', [
      headers['idempotency-key'],
    ])
    expect(rows).toHaveLength(1)
    expect(rows).not.toContainEqual({ fingerprint: bare })
  })

  it('knows a request again that was made before the keys were rotated', async () => {
    const [key, what] = [randomUUID(), body()]
    const first = await keyed(key, what)
    const rotated = makeKeyring([Buffer.alloc(32, 8), ...panelKeyring.keys.values()])
    const another = await runPanel(test.database, { keyring: () => rotated })
    try {
      const again = await ask(another, '/api/instances', {
        method: 'POST',
        headers: { ...admin, 'idempotency-key': key },
        body: what,
      })
      expect({ status: again.status, json: again.json }).toEqual({ status: 201, json: first.json })
    } finally {
      await another.stop()
    }
  })
})
