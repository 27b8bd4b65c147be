import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSettings } from '../../domain/settings.ts'
import { addPerson, goodPassword } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, bearer, cookie, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database, { publicOrigins: ['https://panel.example'] })
  await addPerson(test.database, 'rosa', 'owner')
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})

type Case = readonly [title: string, headers: (own: string) => Record<string, string>, allowed: boolean]

/** What a browser, an attacker's page or a program may send with an unsafe method and the session cookie. */
const cases: readonly Case[] = [
  ['Origin is ours', (own) => ({ origin: own }), true],
  ['Origin is ours and Sec-Fetch-Site same-origin', (own) => ({ origin: own, 'sec-fetch-site': 'same-origin' }), true],
  ['Sec-Fetch-Site same-origin alone', () => ({ 'sec-fetch-site': 'same-origin' }), true],
  ['neither is there', () => ({}), false],
  ['Origin is another site', () => ({ origin: 'http://evil.test' }), false],
  ['Origin is null', () => ({ origin: 'null' }), false],
  ['Origin is another port of this machine', () => ({ origin: 'http://127.0.0.1:1' }), false],
  ['Origin has our name with https', (own) => ({ origin: own.replace('http:', 'https:') }), false],
  ['Origin begins like ours', (own) => ({ origin: `${own}.evil.test` }), false],
  ['Origin is the public one on the loopback host', () => ({ origin: 'https://panel.example' }), false],
  ['Sec-Fetch-Site cross-site with our Origin', (own) => ({ origin: own, 'sec-fetch-site': 'cross-site' }), false],
  ['Sec-Fetch-Site same-site', (own) => ({ origin: own, 'sec-fetch-site': 'same-site' }), false],
  ['Sec-Fetch-Site none', (own) => ({ origin: own, 'sec-fetch-site': 'none' }), false],
  ['Sec-Fetch-Site cross-site alone', () => ({ 'sec-fetch-site': 'cross-site' }), false],
  [
    'public origin on its host',
    () => ({ host: 'panel.example', origin: 'https://panel.example', 'sec-fetch-site': 'same-origin' }),
    true,
  ],
  ['plain http on the public host', () => ({ host: 'panel.example', origin: 'http://panel.example' }), false],
]

describe('an unsafe request with the session cookie', () => {
  it.each(cases)('%s', async (_title, headers, allowed) => {
    const token = await tokenOf(panel, 'rosa')
    const answer = await ask(panel, '/api/logout', {
      body: {},
      headers: { ...cookie(token), ...headers(`http://127.0.0.1:${panel.port}`) },
    })
    expect(answer.status).toBe(allowed ? 200 : 403)
    expect((await ask(panel, '/api/me', { headers: bearer(token) })).status, 'still logged in').toBe(
      allowed ? 401 : 200,
    )
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx', ''])(
    'must say application/json, not %j',
    async (type) => {
      const token = await tokenOf(panel, 'rosa')
      const own = { ...cookie(token), origin: panel.url, ...(type === '' ? {} : { 'content-type': type }) }
      expect((await ask(panel, '/api/logout', { method: 'POST', body: '{}', headers: own })).status).toBe(415)
      expect((await ask(panel, '/api/logout', { method: 'POST', headers: own })).status).toBe(415)
    },
  )

  it('needs none of it with a bearer token', async () => {
    const token = await tokenOf(panel, 'rosa')
    const headers = { ...bearer(token), ...cookie(token), origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' }
    expect((await ask(panel, '/api/logout', { method: 'POST', headers })).status).toBe(200)
  })

  it('reads may come from anywhere: nothing can be forged by them, and no answer may be read across sites', async () => {
    const token = await tokenOf(panel, 'rosa')
    const answer = await ask(panel, '/api/me', { headers: { ...cookie(token), origin: 'http://evil.test' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin')
  })
})

describe('a login', () => {
  const credentials = { username: 'rosa', password: goodPassword }

  it('from another site is refused, from our page or a program it passes', async () => {
    const status = async (headers: Record<string, string>) =>
      (await ask(panel, '/api/login', { body: credentials, headers })).status
    expect(await status({})).toBe(200)
    expect(await status({ origin: panel.url, 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await status({ origin: 'http://evil.test' })).toBe(403)
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403)
  })

  it('is not possible by a form', async () => {
    const answer = await ask(panel, '/api/login', {
      body: JSON.stringify(credentials),
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(415)
  })

  it('gets no preflight permission', async () => {
    const answer = await ask(panel, '/api/login', {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.test', 'access-control-request-method': 'POST' },
    })
    expect(answer.status).toBe(405)
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('the Host header on a loopback panel', () => {
  it.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:PORT', 200],
    ['localhost:PORT', 200],
    ['LocalHost', 200],
    ['[::1]:PORT', 200],
    ['127.0.0.2:PORT', 200],
    ['panel.example', 200],
    ['rebound.evil.test:PORT', 403],
    ['evil.test', 403],
    ['127.0.0.1.evil.test', 403],
    ['localhost.evil.test:PORT', 403],
    ['panel.example.evil.test', 403],
    ['127.0.0.1@evil.test', 403],
    ['10.0.0.1', 403],
  ])('%s: %i', async (host, status) => {
    const answer = await ask(panel, '/api/health', { headers: { host: host.replace('PORT', String(panel.port)) } })
    expect(answer.status).toBe(status)
  })

  it('a forwarded host changes nothing', async () => {
    const headers = { host: 'evil.test', 'x-forwarded-host': 'localhost' }
    expect((await ask(panel, '/api/health', { headers })).status).toBe(403)
  })
})

describe('a panel behind a proxy', () => {
  it('says in its log that all logins count as one address, unless the proxy is believed', async () => {
    const publicOrigins = ['https://panel.example']
    for (const [trustedProxies, warns] of [
      [[], true],
      [['127.0.0.1'], false],
    ] as const) {
      const proxied = await runPanel(test.database, { publicOrigins, trustedProxies })
      await proxied.stop()
      expect(proxied.logged().includes('TRUSTED_PROXIES')).toBe(warns)
    }
  })
})

describe('a panel beyond loopback without TLS', () => {
  const plain = parseSettings({ PLAIN_HTTP: '1' })
  const logInAt = (where: RunningPanel, host: string) =>
    ask(where, '/api/login', { body: { username: 'rosa', password: goodPassword }, headers: { host } })

  it.each([
    ['HOST', { host: '0.0.0.0' }],
    ['an address of it', { publicOrigins: ['http://panel.lan'] }],
  ])('does not start by %s alone', async (_what, options) => {
    await expect(runPanel(test.database, options)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/PUBLIC_URL.*PLAIN_HTTP=1/),
    })
  })

  it('says so in its log, and keeps a session where that was asked for, under a name of its own', async () => {
    const open = await runPanel(test.database, { host: '0.0.0.0', settings: plain })
    try {
      expect(open.logged()).toContain('without TLS')
      const host = 'bots.lan:8080'
      const far = await logInAt(open, host)
      expect(far.json).toMatchObject({ cookie: true })
      const set = far.headers.get('set-cookie') ?? ''
      expect(set).toMatch(/^sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
      const [sid = ''] = set.split(';')
      const me = (headers: Record<string, string>) => ask(open, '/api/me', { headers })
      expect((await me({ host, cookie: sid })).status).toBe(200)
      expect((await me({ host: 'localhost:8080', cookie: sid })).status).toBe(401)
      const leave = (origin: string) =>
        ask(open, '/api/logout', { method: 'POST', body: {}, headers: { host, origin, cookie: sid } })
      expect((await leave('http://evil.lan')).status).toBe(403)
      expect((await leave(`http://${host}`)).headers.get('set-cookie')).toMatch(
        /^sid=; Path=\/; Expires=Thu, 01 Jan 1970/,
      )
      expect((await logInAt(open, 'localhost:8080')).headers.get('set-cookie')).toMatch(/^__Host-sid=.*; Secure/)
    } finally {
      await open.stop()
    }
  })

  it('behind a TLS proxy sets no cookie where somebody goes past the proxy, and takes none', async () => {
    const open = await runPanel(test.database, { host: '0.0.0.0', publicOrigins: ['https://panel.example'] })
    try {
      const past = await logInAt(open, 'bots.lan:8080')
      expect(past.json).toMatchObject({ cookie: false, token: expect.any(String) })
      expect(past.headers.get('set-cookie')).toBeNull()
      const token = String(past.json['token'])
      expect((await ask(open, '/api/me', { headers: bearer(token) })).status).toBe(200)
      const sid = { host: 'bots.lan:8080', cookie: `sid=${token}` }
      expect((await ask(open, '/api/me', { headers: sid })).status).toBe(401)
    } finally {
      await open.stop()
    }
  })
})
