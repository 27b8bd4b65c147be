import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { disableUser } from '../../services/disable-user.ts'
import { setRole } from '../../services/set-role.ts'
import {
  addPerson,
  countingHasher,
  goodPassword,
  letTimePass,
  operatorOfTheMachine as machine,
} from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, bearer, cookie, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
const hasher = countingHasher()
beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database, { hasher })
  for (const role of ['owner', 'admin', 'operator', 'viewer', 'agent'] as const) {
    await addPerson(test.database, `the-${role}`, role)
  }
  await addWhatsappBot()
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})
beforeEach(() => test.database.query('delete from login_attempt'))

/** A WhatsApp bot of the master. */
async function addWhatsappBot(): Promise<void> {
  await test.database.query(`insert into server (name) values ('server1')`)
  await test.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ('bot-wa', 'master', 'whatsapp', 'WA', '+491701234567', 'server1', 'test')`,
  )
}

describe('POST /api/login', () => {
  it('answers the seed’s request with a token, the person and a cookie that only this host gets', async () => {
    const response = await fetch(`${panel.url}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'the-admin', password: goodPassword }),
    })
    const answer = (await response.json()) as { token: string }
    expect(response.status).toBe(200)
    expect(answer).toMatchObject({
      success: true,
      message: 'Login successful',
      cookie: true,
      user: { username: 'the-admin', role: 'admin' },
      expires_at: expect.stringMatching(/Z$/),
    })
    expect(response.headers.getSetCookie()).toEqual([
      `__Host-sid=${answer.token}; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ])
    expect(JSON.stringify(answer)).not.toContain('argon2')
  })

  it('refuses a wrong password and an unknown user with the same document and one verification each', async () => {
    const documents: unknown[] = []
    for (const body of [
      { username: 'the-admin', password: 'not the password' },
      { username: 'nobody', password: goodPassword },
    ]) {
      const before = hasher.verified.length
      const answer = await ask(panel, '/api/login', { body })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('set-cookie')).toBeNull()
      expect(hasher.verified.length - before).toBe(1)
      documents.push({ ...answer.json, requestId: '' })
    }
    expect(documents[0]).toEqual(documents[1])
  })

  it('gives a new id to who comes with an old one or with a made-up one (fixation)', async () => {
    const planted = 'P'.repeat(43)
    const answer = await ask(panel, '/api/login', {
      body: { username: 'the-admin', password: goodPassword },
      headers: cookie(planted),
    })
    const first = String(answer.json['token'])
    expect(first).not.toBe(planted)
    expect((await ask(panel, '/api/me', { headers: cookie(planted) })).status).toBe(401)
    const again = await ask(panel, '/api/login', {
      body: { username: 'the-admin', password: goodPassword },
      headers: cookie(first),
    })
    expect((await ask(panel, '/api/me', { headers: cookie(first) })).status).toBe(401)
    expect((await ask(panel, '/api/me', { headers: cookie(String(again.json['token'])) })).status).toBe(200)
  })

  it('answers 429 with Retry-After once it has failed too often, and lets the person in afterwards', async () => {
    for (let n = 0; n < 5; n += 1) {
      await ask(panel, '/api/login', { body: { username: 'the-admin', password: 'not the password' } })
    }
    const refused = await ask(panel, '/api/login', { body: { username: 'the-admin', password: goodPassword } })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.json).toMatchObject({ code: 'too_many_attempts', retryAfterSeconds: 1 })
    await letTimePass(test.database, 1_000)
    await tokenOf(panel, 'the-admin')
  })

  it('does not believe X-Forwarded-For: a new header is no new address', async () => {
    for (let n = 0; n < 5; n += 1) {
      await ask(panel, '/api/login', {
        body: { username: 'the-admin', password: 'not the password' },
        headers: { 'x-forwarded-for': `203.0.113.${n}` },
      })
    }
    const refused = await ask(panel, '/api/login', {
      body: { username: 'the-admin', password: goodPassword },
      headers: { 'x-forwarded-for': '203.0.113.99' },
    })
    expect(refused.status).toBe(429)
  })

  it('counts by the forwarded address when it comes from a trusted proxy', async () => {
    const proxied = await runPanel(test.database, { trustedProxies: ['127.0.0.1'] })
    try {
      const from = (address: string, password: string) =>
        ask(proxied, '/api/login', {
          body: { username: 'the-admin', password },
          // The client's own words come first; the proxy appends what it saw.
          headers: { 'x-forwarded-for': `198.51.100.200, ${address}` },
        })
      for (let n = 0; n < 5; n += 1) await from('203.0.113.7', 'not the password')
      expect((await from('203.0.113.7', goodPassword)).status).toBe(429)
      expect((await from('203.0.113.8', goodPassword)).status).toBe(200)
    } finally {
      await proxied.stop()
    }
  })

  it('verifies at most sixteen passwords at once', async () => {
    const gate = Promise.withResolvers<void>()
    let verifying = 0
    const full = Promise.withResolvers<void>()
    const slow = await runPanel(test.database, {
      trustedProxies: ['127.0.0.1'],
      hasher: {
        hash: async () => '',
        verify: async () => {
          verifying += 1
          if (verifying === 16) full.resolve()
          await gate.promise
          return false
        },
      },
    })
    try {
      const attempt = (n: number) =>
        ask(slow, '/api/login', {
          body: { username: `guess${n}`, password: goodPassword },
          headers: { 'x-forwarded-for': `203.0.113.${n}` },
        })
      const underway = Array.from({ length: 16 }, (_, n) => attempt(n))
      await full.promise
      expect((await attempt(99)).status).toBe(429)
      gate.resolve()
      expect((await Promise.all(underway)).map((answer) => answer.status)).toEqual(
        Array.from({ length: 16 }, () => 401),
      )
      expect((await attempt(98)).status).toBe(401)
    } finally {
      gate.resolve()
      await slow.stop()
    }
  })
})

describe('a login while another address tries many', () => {
  it('finds room', async () => {
    const gate = Promise.withResolvers<void>()
    const isFull = Promise.withResolvers<void>()
    let verifying = 0
    const slow = await runPanel(test.database, {
      trustedProxies: ['127.0.0.1'],
      hasher: {
        hash: async () => '',
        verify: async () => {
          verifying += 1
          if (verifying === 4) isFull.resolve()
          if (verifying <= 4) await gate.promise
          return false
        },
      },
    })
    try {
      const attempt = (address: string, n: number) =>
        ask(slow, '/api/login', {
          body: { username: `guess${n}`, password: goodPassword },
          headers: { 'x-forwarded-for': address },
        })
      const many = Array.from({ length: 4 }, (_, n) => attempt('203.0.113.1', n))
      await isFull.promise
      expect((await attempt('203.0.113.1', 4)).status).toBe(429)
      expect((await attempt('203.0.113.2', 5)).status).toBe(401)
      gate.resolve()
      expect((await Promise.all(many)).map(({ status }) => status)).toEqual([401, 401, 401, 401])
      expect((await attempt('203.0.113.1', 6)).status).toBe(401)
    } finally {
      gate.resolve()
      await slow.stop()
    }
  })
})

describe('a session', () => {
  it('is accepted as a cookie and as a bearer token', async () => {
    const token = await tokenOf(panel, 'the-viewer')
    for (const headers of [cookie(token), bearer(token), { cookie: `a=b; __Host-sid=${token}; c=d` }]) {
      const answer = await ask(panel, '/api/me', { headers })
      expect(answer.json).toMatchObject({ user: { username: 'the-viewer', role: 'viewer' } })
    }
  })

  it('is not found by anything else', async () => {
    const token = await tokenOf(panel, 'the-viewer')
    for (const headers of [
      {},
      { authorization: token },
      { authorization: 'Bearer ' },
      { authorization: `Basic ${token}` },
      { cookie: `sid=${token}` },
      { cookie: `__host-sid=${token}` },
      bearer(`${token}x`),
      bearer(token.slice(1)),
    ]) {
      const answer = await ask(panel, '/api/me', { headers })
      expect(answer.status, JSON.stringify(headers)).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
    expect((await ask(panel, `/api/me?token=${token}`)).status).toBe(401)
  })

  it('does not fall back to the cookie beside a wrong bearer token', async () => {
    const token = await tokenOf(panel, 'the-viewer')
    for (const wrong of [bearer('x'.repeat(43)), bearer('malformed'), { authorization: 'Bearer' }]) {
      expect((await ask(panel, '/api/me', { headers: { ...cookie(token), ...wrong } })).status).toBe(401)
    }
  })

  it('ends with the logout, and the cookie is taken back', async () => {
    const token = await tokenOf(panel, 'the-viewer')
    const answer = await ask(panel, '/api/logout', { method: 'POST', headers: bearer(token) })
    expect(answer.json).toEqual({ success: true })
    expect(answer.headers.get('set-cookie')).toContain('__Host-sid=; Path=/; Expires=Thu, 01 Jan 1970')
    expect((await ask(panel, '/api/me', { headers: bearer(token) })).status).toBe(401)
    expect((await ask(panel, '/api/logout', { method: 'POST', headers: bearer(token) })).status).toBe(401)
  })

  it('ends at once for a disabled person', async () => {
    await addPerson(test.database, 'short-stay', 'viewer')
    const token = await tokenOf(panel, 'short-stay')
    expect((await ask(panel, '/api/me', { headers: bearer(token) })).status).toBe(200)
    await test.database.transaction((tx) => disableUser(tx, machine, { username: 'short-stay' }))
    expect((await ask(panel, '/api/me', { headers: bearer(token) })).status).toBe(401)
    expect((await ask(panel, '/api/login', { body: { username: 'short-stay', password: goodPassword } })).status).toBe(
      401,
    )
  })

  it('has a changed role with the next request', async () => {
    const token = await tokenOf(panel, 'the-viewer')
    const info = () => ask(panel, '/api/server-info', { headers: bearer(token) })
    expect((await info()).status).toBe(200)
    const become = (role: 'viewer' | 'agent', tenant: string | null) =>
      test.database.transaction((tx) => setRole(tx, machine, { username: 'the-viewer', role, tenant }))
    await become('agent', 'agent:t1')
    expect((await info()).status).toBe(403)
    await become('viewer', null)
    expect((await info()).status).toBe(200)
  })
})

describe('what is logged', () => {
  it('holds no password, no token and no cookie', async () => {
    const token = await tokenOf(panel, 'the-owner')
    await ask(panel, '/api/me', { headers: { ...cookie(token), ...bearer(token) } })
    await ask(panel, `/api/nothing?token=${token}`)
    const logged = panel.logged()
    expect(logged).toContain('/api/me')
    expect(logged).not.toContain(token)
    expect(logged).not.toContain(goodPassword)
  })
})
