import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseSettings } from '../../domain/settings.ts'
import { addPerson, goodPassword, letTimePass } from '../services/people/people-fixture.ts'
import { authenticatorOf } from '../support/authenticator.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Answer, ask, bearer, cookie, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
let boss: Record<string, string>
beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  for (const role of ['owner', 'admin', 'operator', 'viewer', 'agent'] as const) {
    await addPerson(test.database, `the-${role}`, role)
  }
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})
beforeEach(async () => {
  await test.database.query('delete from login_attempt')
  await test.database.query('delete from user_totp')
  await test.database.query('delete from api_token')
  boss = bearer(await tokenOf(panel, 'the-owner'))
})

const send = (path: string, headers: Record<string, string>, body?: unknown, method = 'POST', on = panel) =>
  ask(on, path, { method, headers, body })
const items = (answer: Answer) => answer.json['items'] as Record<string, unknown>[]
const refusals = async () => {
  const { rows } = await test.database.query<{ actor: string; source: string; target_id: string; details: unknown }>(
    `select actor, source, target_id, details from audit_log where action = 'api.request.refused' order by id`,
  )
  return rows
}

describe('a login with a second factor', () => {
  it('goes from the password to a QR code, a code, recovery codes, and asks for a code from then on', async () => {
    const me = bearer(await tokenOf(panel, 'the-viewer'))
    const other = bearer(await tokenOf(panel, 'the-viewer'))
    expect((await ask(panel, '/api/me/second-factor', { headers: me })).json).toEqual({
      enabled: false,
      confirmed_at: null,
      recovery_codes_left: 0,
    })
    expect((await send('/api/me/second-factor', me, { password: 'not the password' })).status).toBe(403)
    const begun = await send('/api/me/second-factor', me, { password: goodPassword })
    expect(begun.status).toBe(201)
    expect(begun.json['uri']).toContain(`secret=${String(begun.json['secret'])}`)
    expect(begun.json['qr_svg']).toMatch(/^<svg /)
    const code = authenticatorOf(String(begun.json['secret']))
    expect((await send('/api/me/second-factor/confirm', me, { code: '000000' })).status).toBe(400)
    const confirmed = await send('/api/me/second-factor/confirm', me, { code: code() })
    const recovery = confirmed.json['recovery_codes'] as string[]
    expect(recovery).toHaveLength(10)
    expect((await ask(panel, '/api/me', { headers: other })).status).toBe(401)

    const login = (more: Record<string, string>) =>
      send('/api/login', {}, { username: 'the-viewer', password: goodPassword, ...more })
    const half = await login({})
    expect(half.status).toBe(401)
    expect(half.json).toMatchObject({ code: 'not_authenticated', needed: 'code' })
    expect(half.headers.get('set-cookie')).toBeNull()
    expect((await login({ code: code() })).json, 'the code that confirmed is used up').toMatchObject({ needed: 'code' })
    expect((await login({ code: code(1) })).json).toMatchObject({ success: true, user: { second_factor: true } })
    expect((await login({ code: recovery[3] ?? '' })).status).toBe(200)
    const wrong = await send('/api/login', {}, { username: 'the-viewer', password: 'not the password', code: code(1) })
    expect(wrong.json['needed']).toBeUndefined()

    const renewed = await send('/api/me/second-factor/recovery-codes', me, { password: goodPassword })
    expect(renewed.json['recovery_codes']).toHaveLength(10)
    const end = { password: goodPassword, code: (renewed.json['recovery_codes'] as string[])[0] }
    expect((await send('/api/me/second-factor/end', me, { ...end, code: 'nonsense' })).status).toBe(403)
    expect((await send('/api/me/second-factor/end', me, end)).json).toEqual({ success: true })
    expect((await login({})).status).toBe(200)
    expect(panel.logged()).not.toContain(recovery[0])
    expect(panel.logged()).not.toContain(String(begun.json['secret']))
  })

  it('an owner resets who has lost it', async () => {
    const me = bearer(await tokenOf(panel, 'the-viewer'))
    const begun = await send('/api/me/second-factor', me, { password: goodPassword })
    await send('/api/me/second-factor/confirm', me, { code: authenticatorOf(String(begun.json['secret']))() })
    const reset = await send('/api/users/the-viewer/second-factor', boss, undefined, 'DELETE')
    expect(reset.json).toMatchObject({ sessions_ended: expect.any(Number) })
    expect((await ask(panel, '/api/me', { headers: me })).status).toBe(401)
    await tokenOf(panel, 'the-viewer')
  })

  it('is all that is open where a role needs one, until it is there', async () => {
    const settings = parseSettings({ REQUIRE_SECOND_FACTOR: 'owner,viewer' })
    const strict = await runPanel(test.database, { settings })
    try {
      const me = bearer(await tokenOf(strict, 'the-viewer'))
      const get = async (path: string) => (await ask(strict, path, { headers: me })).status
      expect([await get('/api/me'), await get('/api/me/second-factor')]).toEqual([200, 200])
      const refused = await ask(strict, '/api/instances', { headers: me })
      expect(refused.status).toBe(403)
      expect(refused.json).toMatchObject({ needed: 'second_factor' })
      expect([await get('/api/me/sessions'), await get('/api/tokens')]).toEqual([403, 403])
      const operator = bearer(await tokenOf(strict, 'the-operator'))
      expect((await ask(strict, '/api/instances', { headers: operator })).status).toBe(200)
      const begun = await send('/api/me/second-factor', me, { password: goodPassword }, 'POST', strict)
      const code = authenticatorOf(String(begun.json['secret']))()
      expect((await send('/api/me/second-factor/confirm', me, { code }, 'POST', strict)).status).toBe(200)
      expect(await get('/api/instances')).toBe(200)
    } finally {
      await strict.stop()
    }
  })
})

describe('one’s own account', () => {
  it('lists sessions, ends one and all others', async () => {
    const tokens = await Promise.all([1, 2, 3].map(() => tokenOf(panel, 'the-admin')))
    const me = bearer(tokens[0] ?? '')
    const open = async () =>
      Promise.all(tokens.map(async (t) => (await ask(panel, '/api/me', { headers: bearer(t) })).status))
    const listed = items(await ask(panel, '/api/me/sessions', { headers: { ...me, 'user-agent': 'test' } }))
    expect(listed.filter(({ current }) => current)).toHaveLength(1)
    const other = listed.find(({ current }) => current !== true)
    expect((await send(`/api/sessions/${String(other?.['id'])}`, me, undefined, 'DELETE')).status).toBe(200)
    expect((await open()).filter((status) => status === 200)).toHaveLength(2)
    expect((await send('/api/me/sessions', me, undefined, 'DELETE')).json).toEqual({ sessions_ended: 1 })
    expect(await open()).toEqual([200, 401, 401])
    expect(JSON.stringify(listed)).not.toContain(tokens[0])
  })

  it('changes the password by the present one', async () => {
    const [here, there] = [await tokenOf(panel, 'the-operator'), await tokenOf(panel, 'the-operator')]
    const change = (password: string, next: string) =>
      send('/api/me/password', bearer(here), { password, new_password: next })
    expect((await change('not the password', 'another-lamp-orbit-78')).status).toBe(403)
    expect((await change(goodPassword, 'admin123')).status).toBe(400)
    expect((await change(goodPassword, 'another-lamp-orbit-78')).json).toMatchObject({
      sessions_ended: expect.any(Number),
    })
    expect((await ask(panel, '/api/me', { headers: bearer(there) })).status).toBe(401)
    expect((await change('another-lamp-orbit-78', goodPassword)).status).toBe(200)
  })

  it('cannot be changed across sites, by a cookie alone', async () => {
    const token = await tokenOf(panel, 'the-operator')
    const body = { password: goodPassword, new_password: 'another-lamp-orbit-78' }
    const forged = { ...cookie(token), origin: 'http://evil.test' }
    expect((await send('/api/me/password', forged, body)).status).toBe(403)
    expect((await refusals()).at(-1)).toMatchObject({ actor: 'nobody', target_id: 'POST /api/me/password' })
  })
})

describe('people', () => {
  it('are added, changed, shut out and let in by an owner', async () => {
    const created = await send('/api/users', boss, { username: 'new.one', password: goodPassword, role: 'viewer' })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({ username: 'new.one', role: 'viewer', second_factor: false })
    const token = await tokenOf(panel, 'new.one')
    const put = (path: string, body: unknown) => send(`/api/users/new.one/${path}`, boss, body, 'PUT')
    expect((await put('role', { role: 'operator' })).json).toMatchObject({ role: 'operator' })
    expect((await put('role', { role: 'agent', tenant: 't1' })).json).toMatchObject({ tenant: 'agent:t1' })
    expect((await put('password', { password: 'another-lamp-orbit-78' })).json).toEqual({ sessions_ended: 1 })
    expect((await put('password', { password: goodPassword })).json).toEqual({ sessions_ended: 0 })
    expect((await ask(panel, '/api/me', { headers: bearer(token) })).status).toBe(401)
    const post = (path: string) => send(`/api/users/new.one/${path}`, boss)
    expect((await post('link-code')).json).toMatchObject({ message: expect.stringMatching(/^\/start link-/) })
    expect((await post('unlock')).json).toEqual({ failures_forgotten: 0 })
    await tokenOf(panel, 'new.one')
    expect(items(await ask(panel, '/api/users/new.one/sessions', { headers: boss }))).toHaveLength(1)
    expect((await send('/api/users/new.one/sessions', boss, undefined, 'DELETE')).json).toEqual({ sessions_ended: 1 })
    expect((await post('disable')).json).toMatchObject({ disabled_at: expect.any(String) })
    expect((await send('/api/login', {}, { username: 'new.one', password: goodPassword })).status).toBe(401)
    expect((await post('enable')).json).toMatchObject({ disabled_at: null })
    await tokenOf(panel, 'new.one')
    expect(items(await ask(panel, '/api/users', { headers: boss })).map(({ username }) => username)).toContain(
      'new.one',
    )
  })

  it('an owner’s own password and second factor are not changed past the present ones', async () => {
    const put = await send('/api/users/the-owner/password', boss, { password: 'another-lamp-orbit-78' }, 'PUT')
    expect(put.status).toBe(403)
    expect((await send('/api/users/the-owner/second-factor', boss, undefined, 'DELETE')).status).toBe(403)
    await tokenOf(panel, 'the-owner')
  })

  it('the last owner stays one, also when asked twice at once', async () => {
    await addPerson(test.database, 'second-owner', 'owner')
    const other = bearer(await tokenOf(panel, 'second-owner'))
    const answers = await Promise.all([
      send('/api/users/second-owner/disable', boss),
      send('/api/users/the-owner/role', other, { role: 'admin' }, 'PUT'),
    ])
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b)
    expect(statuses[0]).toBe(200)
    expect([401, 403, 409]).toContain(statuses[1])
    const { rows } = await test.database.query<{ owners: number }>(
      `select count(*)::integer as owners from app_user where role = 'owner' and disabled_at is null`,
    )
    expect(rows[0]?.owners).toBeGreaterThan(0)
    await test.database.query(`update app_user set role = 'owner' where username = 'the-owner'`)
    await test.database.query(`update app_user set disabled_at = now() where username = 'second-owner'`)
  })
})

describe('API tokens', () => {
  const make = async (headers: Record<string, string>, body: Record<string, unknown> = {}) =>
    send('/api/tokens', headers, { name: 'ci', ...body })

  it('open what their scopes say, and nothing else', async () => {
    const operator = bearer(await tokenOf(panel, 'the-operator'))
    const made = await make(operator, { scopes: ['instance.read', 'user.manage'], expires_in: '90d' })
    expect(made.status).toBe(201)
    const token = bearer(String(made.json['token']))
    const get = async (path: string) => (await ask(panel, path, { headers: token })).status
    expect(await get('/api/instances')).toBe(200)
    expect(await get('/api/server-info')).toBe(403)
    expect(await get('/api/users')).toBe(403)
    expect((await ask(panel, '/api/me', { headers: token })).json).toMatchObject({
      user: { username: 'the-operator' },
      permissions: ['instance.read'],
      expires_at: made.json['expires_at'],
    })
    for (const [method, path, body] of [
      ['POST', '/api/tokens', { name: 'more' }],
      ['POST', '/api/me/password', { password: goodPassword, new_password: 'another-lamp-orbit-78' }],
      ['POST', '/api/me/second-factor', { password: goodPassword }],
      ['GET', '/api/me/second-factor', undefined],
      ['DELETE', '/api/me/sessions', undefined],
      ['POST', '/api/users', { username: 'evil', password: goodPassword, role: 'owner' }],
    ] as const) {
      expect((await send(path, token, body, method)).status, path).toBe(403)
    }
    expect((await send(`/api/tokens/${String(made.json['id'])}`, token, undefined, 'DELETE')).status).toBe(200)
    expect(await get('/api/instances')).toBe(401)
  })

  it('need no origin, are no cookie, and are shown once', async () => {
    const key = { ...boss, 'idempotency-key': 'make-it-once' }
    const made = await make(key)
    const text = String(made.json['token'])
    expect((await make(key)).status).toBe(409)
    expect((await ask(panel, '/api/me', { headers: { cookie: `__Host-sid=${text}` } })).status).toBe(401)
    expect((await ask(panel, '/api/me', { headers: bearer(text) })).json['expires_at']).toBeNull()
    const listed = await ask(panel, '/api/tokens', { headers: boss })
    expect(items(listed)).toMatchObject([{ username: 'the-owner', last_used_from: 'api:127.0.0.1' }])
    expect(listed.text).not.toContain(text.slice(-43))
    expect(panel.logged()).not.toContain(text.slice(-43))
    const { rows } = await test.database.query(`select to_jsonb(r)::text as text from api_reply r`)
    expect(JSON.stringify(rows)).not.toContain(text.slice(-43))
  })

  it('are seen by their person and by admins, revoked by their person and by owners', async () => {
    const [viewer, admin] = [bearer(await tokenOf(panel, 'the-viewer')), bearer(await tokenOf(panel, 'the-admin'))]
    const { json } = await make(boss, { user: 'the-viewer' })
    const id = String(json['id'])
    await make(boss)
    expect(items(await ask(panel, '/api/tokens', { headers: viewer })).map((each) => each['id'])).toEqual([id])
    expect(items(await ask(panel, '/api/tokens', { headers: admin }))).toHaveLength(2)
    expect((await ask(panel, '/api/tokens?user=the-owner', { headers: viewer })).status).toBe(403)
    expect((await send(`/api/tokens/${id}`, admin, undefined, 'DELETE')).status).toBe(404)
    expect((await send(`/api/tokens/${id}`, viewer, undefined, 'DELETE')).json).toMatchObject({
      revoked_at: expect.any(String),
    })
    for (const expires_in of ['soon', '0d', '999999w']) expect((await make(boss, { expires_in })).status).toBe(400)
    expect((await make(boss, { scopes: ['everything'] })).status).toBe(400)
  })
})

describe('the audit', () => {
  it('has every refusal of a person, with the token that asked', async () => {
    const viewer = bearer(await tokenOf(panel, 'the-viewer'))
    const made = await send('/api/tokens', viewer, { name: 'ci' })
    const before = (await refusals()).length
    await send('/api/users/the-owner/disable', viewer)
    await send('/api/users/the-owner/disable', viewer)
    await ask(panel, '/api/audit', { headers: bearer(String(made.json['token'])) })
    // Who may pass the door is refused by the service: the agent has no such tenant.
    const rows = (await refusals()).slice(before)
    const user = { actor: 'user:the-viewer', source: 'api:127.0.0.1' }
    expect(rows).toMatchObject([
      {
        ...user,
        target_id: 'POST /api/users/:username/disable',
        details: { code: 'not_allowed', path: '/api/users/the-owner/disable' },
      },
      { ...user, target_id: 'POST /api/users/:username/disable' },
      { ...user, source: `api:127.0.0.1 token:${String(made.json['id'])}`, target_id: 'GET /api/audit' },
    ])
  })

  it('has a token that was good once, and nothing of one that never was', async () => {
    const viewer = bearer(await tokenOf(panel, 'the-viewer'))
    const makeDead = async () => {
      const { json } = await send('/api/tokens', viewer, { name: 'ci' })
      await send(`/api/tokens/${String(json['id'])}`, viewer, undefined, 'DELETE')
      return { id: String(json['id']), text: String(json['token']) }
    }
    const [{ id, text }, other] = [await makeDead(), await makeDead()]
    for (const token of [text, text, `bfl_${other.id}_${'A'.repeat(43)}`, `bfl_aaaaaaaa_${'A'.repeat(43)}`]) {
      expect((await ask(panel, '/api/me', { headers: bearer(token) })).status).toBe(401)
    }
    const { rows } = await test.database.query(
      `select actor, source, target_id, details from audit_log
       where action = 'token.use.refused' and target_id in ($1, $2, 'aaaaaaaa')`,
      [id, other.id],
    )
    expect(rows).toEqual([
      {
        actor: 'user:the-viewer',
        source: 'api:127.0.0.1',
        target_id: id,
        details: { code: 'not_authenticated', reason: 'revoked' },
      },
    ])
  })

  it('is not filled by somebody who is refused the same again and again', async () => {
    const viewer = bearer(await tokenOf(panel, 'the-viewer'))
    const before = (await refusals()).length
    for (let n = 0; n < 23; n += 1) await send(`/api/users/somebody-${n}/enable`, viewer)
    await send('/api/users/the-owner/unlock', viewer)
    const rows = (await refusals()).slice(before)
    const counted = (target: string) => rows.filter(({ target_id }) => target_id === target).length
    expect(counted('POST /api/users/:username/enable')).toBe(20)
    expect(counted('POST /api/users/:username/unlock')).toBe(1)
  })

  it('has no token that somebody put into a path', async () => {
    const viewer = bearer(await tokenOf(panel, 'the-viewer'))
    const text = `bfl_aaaaaaaa_${'A'.repeat(43)}`
    expect((await send(`/api/users/${text.toLowerCase()}/disable`, viewer)).status).toBe(403)
    expect((await send(`/api/instances/${text}/approve`, viewer)).status).toBe(403)
    const rows = JSON.stringify(await refusals())
    expect(rows).toContain('/api/instances/bfl_aaaaaaaa_[redacted]/approve')
    expect(rows).not.toContain(text)
  })

  it('has one row a minute of who is slowed down, and of strangers', async () => {
    const viewer = bearer(await tokenOf(panel, 'the-viewer'))
    const before = (await refusals()).length
    const guess = { password: 'not the password', new_password: 'another-lamp-orbit-78' }
    for (let n = 0; n < 9; n += 1) await send('/api/me/password', viewer, guess)
    for (let n = 0; n < 4; n += 1) await ask(panel, `/nowhere/${n}`, { headers: { host: 'evil.test' } })
    const rows = (await refusals()).slice(before)
    const codes = rows.map(({ actor, details }) => `${actor} ${(details as { code: string }).code}`)
    expect(codes.filter((code) => code === 'user:the-viewer not_allowed')).toHaveLength(5)
    expect(codes.filter((code) => code === 'user:the-viewer too_many_attempts')).toHaveLength(1)
    expect(codes.filter((code) => code.startsWith('nobody'))).toHaveLength(1)
    await letTimePass(test.database, 900_000)
  })

  it('is exported to somebody who leaves in the middle, and that is no failure', async () => {
    const admin = bearer(await tokenOf(panel, 'the-admin'))
    await test.database.query(
      `insert into audit_log (actor, source, action, target_kind, details)
       select 'bulk', 'test', 'bulk', 'none', jsonb_build_object('text', repeat('x', 2000)) from generate_series(1, 6000)`,
    )
    const request = httpRequest({
      host: '127.0.0.1',
      port: panel.port,
      path: '/api/audit/export?action=bulk',
      headers: admin,
    })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const id = String(response.headers['x-request-id'])
    response.destroy()
    await vi.waitFor(() => expect(panel.logged()).toMatch(new RegExp(`"requestId":"${id}".*left before the end`)))
    expect(panel.logged()).not.toContain('request failed')
  })

  it('pages, narrows, is exported and verified', async () => {
    const admin = bearer(await tokenOf(panel, 'the-admin'))
    const get = (path: string) => ask(panel, path, { headers: admin })
    const seen: unknown[] = []
    let cursor: string | null = null
    do {
      const more = cursor === null ? '' : `&cursor=${cursor}`
      const page: Answer = await get(`/api/audit?action=user.log_in&limit=3${more}`)
      seen.push(...items(page).map(({ id }) => id))
      cursor = page.json['next_cursor'] as string | null
    } while (cursor !== null)
    const all = items(await get('/api/audit?action=user.log_in&limit=1000'))
    expect(seen).toEqual(all.map(({ id }) => id))
    const at = String(all[1]?.['at'])
    expect(items(await get(`/api/audit?action=user.log_in&until=${at}`))[0]).toEqual(all[2])
    expect((await get('/api/audit?cursor=abc')).status).toBe(400)
    expect((await get('/api/audit?from=yesterday')).status).toBe(400)

    const table = await get('/api/audit/export?action=user.log_in')
    expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(table.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"')
    expect(table.text.trimEnd().split('\r\n')).toHaveLength(all.length + 1)
    const lines = (await get('/api/audit/export?action=user.log_in&format=jsonl')).text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(all)

    const verdict = await send('/api/audit/verify', admin, {})
    expect(verdict.json).toMatchObject({ ok: true, findings: [] })
    const head = verdict.json['head'] as { position: number; hash: string }
    const verify = (anchor: string) => send('/api/audit/verify', admin, { anchor })
    expect((await verify(`${head.position}:${head.hash}`)).json).toMatchObject({ ok: true })
    expect((await verify(`1:${head.hash}`)).json).toMatchObject({ ok: false, findings: [{ kind: 'rewritten' }] })
    expect((await verify('1')).status).toBe(400)
  })
})
