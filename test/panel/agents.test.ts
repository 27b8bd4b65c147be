import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setLink } from '../../services/agents/set-link.ts'
import { ownerActor } from '../support/rig.ts'
import { allOf, answerBehind, keyed, openShopPanel, own, type ShopPanel, statusOf } from './shop-fixture.ts'

let shop: ShopPanel
let number = 491_800_000_000
beforeAll(async () => {
  shop = await openShopPanel()
})
afterAll(() => shop.close())

const phone = () => `+${(number += 1)}`

async function create(more: Record<string, unknown> = {}): Promise<Record<string, unknown> & { id: string }> {
  const answer = await shop.admin('POST', '/api/agents', { name: 'Shop', phone_number: phone(), ...more })
  expect(answer.status, answer.text).toBe(201)
  return answer.json as Record<string, unknown> & { id: string }
}

describe('an agent', () => {
  it('is made with its bot, which is approved when months are given', async () => {
    const agent = await create({
      id: 'ada',
      owner_id: '491700000001',
      duration_months: 1,
      price: '5',
      currency: 'USDT',
    })
    expect(agent).toMatchObject({
      id: 'ada',
      tenant: 'agent:ada',
      status: 'active',
      owners: [{ platform: 'whatsapp', platform_user_id: '491700000001' }],
      instances: [{ platform: 'whatsapp', status: 'approved' }],
      markup: { kind: 'percent', percent: '0' },
    })
    for (const path of ['/api/agents/ada', '/api/agents/agent:ada']) {
      expect((await shop.admin('GET', path)).json).toMatchObject({ id: 'ada' })
    }
  })

  it('gets an id of the time, and is made once for a key', async () => {
    const body = { name: 'Once', phone_number: phone() }
    const key = keyed()
    const first = await shop.admin('POST', '/api/agents', body, key)
    const again = await shop.admin('POST', '/api/agents', body, key)
    expect(first.json['id']).toMatch(/^agent_\d{8}_\d{6}$/)
    expect({ json: again.json, replayed: again.headers.get('idempotent-replayed') }).toEqual({
      json: first.json,
      replayed: 'true',
    })
  })

  it.each([
    ['an id that is taken', { id: 't1' }, 409],
    ['the master’s id', { id: 'master' }, 400],
    ['a field too many', { id: 'x1', status: 'paused' }, 400],
    ['neither a token nor a number', { id: 'x2', phone_number: undefined }, 400],
    ['a payment without months', { id: 'x3', price: '5', currency: 'USDT' }, 400],
    ['a name with a zero character', { id: 'x4', name: 'a\u0000b' }, 400],
    ['a name with half a character', { id: 'x5', name: 'a\ud800b' }, 400],
  ])('is not made with %s', async (_what, more, status) => {
    const before = await shop.count('tenant')
    const answer = await shop.admin('POST', '/api/agents', { name: 'N', phone_number: phone(), ...more })
    expect(answer.status, answer.text).toBe(status)
    expect(await shop.count('tenant')).toBe(before)
  })

  it('is paused and resumed', async () => {
    const { id } = await create()
    expect((await shop.admin('POST', `/api/agents/${id}/pause`)).json).toMatchObject({ status: 'paused' })
    expect((await shop.admin('GET', '/api/agents?status=paused')).json['items']).toMatchObject([{ id }])
    expect((await shop.admin('POST', `/api/agents/${id}/resume`)).json).toMatchObject({ status: 'active' })
    expect(statusOf(await shop.admin('POST', '/api/agents/nobody/pause'))).toEqual({ status: 404, code: 'not_found' })
  })

  it('has owners that come and go', async () => {
    const { id } = await create()
    const path = `/api/agents/${id}/owners`
    const added = await shop.admin('POST', path, { platform_user_id: '123456' })
    expect(added.json['items']).toMatchObject([{ platform: 'telegram', platform_user_id: '123456' }])
    expect((await shop.admin('GET', path)).json).toEqual(added.json)
    expect((await shop.admin('DELETE', `${path}/telegram/123456`)).json).toEqual({ items: [] })
    expect((await shop.admin('DELETE', `${path}/telegram/123456`)).status).toBe(404)
    expect((await shop.admin('POST', path, { platform_user_id: 'ann' })).status).toBe(400)
  })

  it('gets a claim link that is shown once and kept nowhere', async () => {
    const { id } = await create()
    const key = keyed()
    const made = await shop.admin('POST', `/api/agents/${id}/claim-links`, undefined, key)
    expect(made.json).toMatchObject({ tenant: `agent:${id}`, link: expect.stringContaining('https://wa.me/') })
    const again = await shop.admin('POST', `/api/agents/${id}/claim-links`, undefined, key)
    expect(statusOf(again)).toEqual({ status: 409, code: 'conflict' })
    const code = /claim-(\S+)/.exec(String(made.json['message']))?.[1] ?? ''
    expect(code.length).toBeGreaterThan(10)
    const { rows } = await shop.database.query(
      'select t::text from api_reply t union all select t::text from audit_log t',
    )
    expect(JSON.stringify(rows)).not.toContain(code)
  })
})

describe('the list of agents', () => {
  it('has every agent once, by name, in pages that are read while agents are added', async () => {
    for (const name of ['page c', 'Page A', 'page b', 'page b']) await create({ name })
    const all = await allOf<{ id: string; name: string }>(shop.admin, '/api/agents?limit=2')
    const paged = all.filter(({ name }) => /^page/i.test(name))
    expect(paged.map(({ name }) => name)).toEqual(['Page A', 'page b', 'page b', 'page c'])
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    expect(all.length).toBe((await shop.count('tenant')) - 1)
  })
})

describe('what a shop has set', () => {
  const path = `/api/shops/t1`

  it('is changed piece by piece', async () => {
    const put = (what: string, body: unknown) => shop.admin('PUT', `${path}/${what}`, body)
    expect((await put('pricing', { kind: 'percent', percent: '12.5' })).json).toMatchObject({
      tenant: own,
      markup: { kind: 'percent', percent: '12.5' },
    })
    expect((await put('pricing', { kind: 'fixed', amount: '0.05' })).json).toMatchObject({
      markup: { kind: 'fixed', fixed: { USDT: '0.05', IRR: '0' } },
    })
    expect((await put('links/support', { address: '@support' })).json).toMatchObject({ links: { support: '@support' } })
    expect((await put('links/support', { address: null })).json).toMatchObject({ links: { support: null } })
    const button = { title: 'News', url: 'https://example.com/' }
    expect((await shop.admin('POST', `${path}/buttons`, button)).json).toMatchObject({ buttons: [button] })
    expect((await shop.admin('DELETE', `${path}/buttons/1?title=Other`)).status).toBe(404)
    expect((await shop.admin('DELETE', `${path}/buttons/1?title=News`)).json).toMatchObject({ buttons: [] })
    expect((await put('texts/welcome/fa', { text: '<b>x' })).json).toMatchObject({
      shop: { texts: { fa: { welcome: '&lt;b&gt;x' } } },
      trouble: expect.any(String),
    })
    expect((await put('texts/welcome/fa', { text: null })).json).toMatchObject({ shop: { texts: {} }, trouble: null })
    expect((await put('notices', { chat: '@channel' })).json).toMatchObject({ notice_chat: '@channel' })
    expect((await put('notices', { chat: null })).json).toMatchObject({ notice_chat: null })
  })

  it.each([
    ['pricing', { kind: 'percent', percent: '-1' }, 400],
    ['pricing', { kind: 'percent', percent: '1e3' }, 400],
    ['pricing', { kind: 'fixed', amount: '0.0000001' }, 400],
    ['pricing', { kind: 'fixed', amount: '1', percent: '1' }, 400],
    ['links/support', { address: 'javascript:alert(1)' }, 400],
    ['links/other', { address: '@support' }, 400],
    ['links/support', {}, 400],
    ['texts/welcome/de', { text: 'x' }, 400],
    ['texts/welcome/en', { text: 'x'.repeat(5000) }, 400],
    ['notices', { chat: 'nobody' }, 400],
  ])('refuses %s of %j', async (what, body, status) => {
    const before = (await shop.admin('GET', path)).text
    expect((await shop.admin('PUT', `${path}/${what}`, body)).status).toBe(status)
    expect((await shop.admin('GET', path)).text).toBe(before)
  })

  it('gives the master no markup', async () => {
    const answer = await shop.admin('PUT', '/api/shops/master/pricing', { kind: 'percent', percent: '5' })
    expect(statusOf(answer)).toEqual({ status: 400, code: 'usage' })
    expect((await shop.admin('PUT', '/api/shops/master/links/channel', { address: '@news' })).status).toBe(200)
  })

  it('is not changed by somebody who has seen an older shop', async () => {
    const seen = (await shop.admin('GET', path)).headers.get('etag') ?? ''
    await shop.admin('PUT', `${path}/links/channel`, { address: '@first' })
    const stale = await shop.admin('PUT', `${path}/links/channel`, { address: '@second' }, { 'if-match': seen })
    expect(statusOf(stale)).toEqual({ status: 412, code: 'stale' })
    expect((await shop.admin('GET', path)).json).toMatchObject({ links: { channel: '@first' } })
  })

  it('is not changed by somebody who has seen it before a change that is under way', async () => {
    const seen = { 'if-match': (await shop.admin('GET', path)).headers.get('etag') ?? '' }
    const input = { tenant: own, kind: 'channel', link: '@under_way' } as const
    const late = await answerBehind(
      shop,
      (tx) => setLink(tx, ownerActor, input),
      () => shop.admin('PUT', `${path}/links/channel`, { address: '@late' }, seen),
    )
    expect(statusOf(late)).toEqual({ status: 412, code: 'stale' })
    const now = { 'if-match': (await shop.admin('GET', path)).headers.get('etag') ?? '' }
    expect((await shop.admin('PUT', `${path}/links/channel`, { address: '@now_then' }, now)).status).toBe(200)
  })
})

describe('an agent’s token', () => {
  it.each([
    ['GET', '/api/agents/ID', undefined],
    ['GET', '/api/agents/ID/owners', undefined],
    ['GET', '/api/shops/ID', undefined],
    ['PUT', '/api/shops/ID/pricing', { kind: 'percent', percent: '3' }],
    ['PUT', '/api/shops/ID/links/support', { address: '@mine' }],
    ['POST', '/api/shops/ID/buttons', { title: 'Mine', url: '@mine' }],
    ['DELETE', '/api/shops/ID/buttons/1', undefined],
    ['PUT', '/api/shops/ID/texts/help/en', { text: 'Mine' }],
    ['PUT', '/api/shops/ID/notices', { chat: '@mine' }],
  ])('%s %s: its own works, another is as one that is not there', async (method, path, body) => {
    const others = async () =>
      JSON.stringify((await shop.database.query('select t::text from tenant t where id <> $1 order by id', [own])).rows)
    await shop.database.query(`update tenant set extra_links = '[{"title": "A", "url": "https://t.me/a"}]'`)
    const before = await others()
    const by = (id: string) => shop.by.agent(method, path.replace('ID', id), body)
    const mine = await by('t1')
    expect(mine.status, mine.text).toBe(200)
    const problemOf = async (id: string) => {
      const { status, json } = await by(id)
      return { status, code: json['code'], detail: String(json['detail']).replace(id, 'ID') }
    }
    const nowhere = await problemOf('nowhere')
    expect(nowhere).toMatchObject({ status: 404, code: 'not_found' })
    expect(await problemOf('t2')).toEqual(nowhere)
    if (path.startsWith('/api/shops')) expect(await problemOf('master')).toEqual(nowhere)
    expect(await others()).toBe(before)
  })

  it('lists itself only', async () => {
    expect((await shop.by.agent('GET', '/api/agents')).json).toMatchObject({
      items: [{ tenant: own }],
      next_cursor: null,
    })
    // One of another is to it as one of nobody.
    for (const cursor of ['t2', randomUUID()]) {
      expect((await shop.by.agent('GET', `/api/agents?cursor=${cursor}`)).status).toBe(400)
    }
  })

  it.each([
    ['POST', '/api/agents', { name: 'Mine', phone_number: '+491700000002' }],
    ['POST', '/api/agents/t1/pause', {}],
    ['POST', '/api/agents/t1/owners', { platform_user_id: '123' }],
    ['DELETE', '/api/agents/t1/owners/telegram/123', undefined],
    ['POST', '/api/agents/t1/claim-links', {}],
  ])('may not %s %s', async (method, path, body) => {
    expect(statusOf(await shop.by.agent(method, path, body))).toEqual({ status: 403, code: 'not_allowed' })
  })
})
