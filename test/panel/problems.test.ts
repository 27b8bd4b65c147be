import { once } from 'node:events'
import { type ClientRequest, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Database } from '../../db/database.ts'
import { requestsAtOnceMax } from '../../panel/api/caller-load.ts'
import { addPerson, goodPassword } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Answer, type Ask, ask, bearer, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  await addPerson(test.database, 'rosa', 'owner')
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})
beforeEach(() => test.database.query('delete from login_attempt'))

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(answer.json).toMatchObject({ type: `urn:botfleet:problem:${code}`, status, code })
  for (const member of ['title', 'detail', 'instance', 'requestId']) {
    expect(answer.json[member], member).toEqual(expect.any(String))
  }
  expect(answer.json['requestId']).toBe(answer.headers.get('x-request-id'))
  expect(answer.text).not.toMatch(/ at .*\.ts|node_modules|select |argon2|\/work\//)
}

const login = { 'content-type': 'application/json' }

describe('problem documents', () => {
  const cases: readonly (readonly [string, string, Ask, number, string])[] = [
    ['an unknown path', '/api/nothing', {}, 404, 'not_found'],
    ['a path outside of the API', '/index.html', {}, 404, 'not_found'],
    ['a path that cannot be decoded', '/api/%E0%A4%A', {}, 404, 'not_found'],
    ['a wrong method', '/api/login', { method: 'GET' }, 405, 'wrong_method'],
    ['a method of nowhere', '/api/me', { method: 'PROPFIND' }, 405, 'wrong_method'],
    ['no login', '/api/me', {}, 401, 'not_authenticated'],
    ['malformed JSON', '/api/login', { body: '{"username": "secret-in-body', headers: login }, 400, 'usage'],
    ['no body', '/api/login', { method: 'POST', headers: login }, 400, 'usage'],
    ['a JSON text that is no object', '/api/login', { body: '"text"', headers: login }, 400, 'usage'],
    ['a list', '/api/login', { body: [] }, 400, 'usage'],
    ['a missing field', '/api/login', { body: { username: 'rosa' } }, 400, 'usage'],
    ['a wrong type', '/api/login', { body: { username: 'rosa', password: { $ne: '' } } }, 400, 'usage'],
    ['a field too many', '/api/login', { body: { username: 'a', password: 'b', role: 'owner' } }, 400, 'usage'],
    [
      'lists within lists',
      '/api/login',
      { body: '['.repeat(30_000) + ']'.repeat(30_000), headers: login },
      400,
      'usage',
    ],
    [
      'a form',
      '/api/login',
      { body: 'username=a', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'wrong_media_type',
    ],
    [
      'an unknown charset',
      '/api/login',
      { body: '{}', headers: { 'content-type': 'application/json; charset=klingon' } },
      415,
      'wrong_media_type',
    ],
    [
      'a compressed body',
      '/api/login',
      { body: '{}', headers: { ...login, 'content-encoding': 'gzip' } },
      415,
      'wrong_media_type',
    ],
    ['a body too large', '/api/login', { body: { username: 'x'.repeat(70_000), password: 'y' } }, 413, 'too_large'],
    ['a foreign host', '/api/health', { headers: { host: 'evil.test' } }, 403, 'not_allowed'],
  ]
  it.each(cases)('%s', async (_title, path, options, status, code) => {
    const answer = await ask(panel, path, options)
    expectProblem(answer, status, code)
    expect(answer.text).not.toContain('secret-in-body')
  })

  it('a wrong method names the possible ones', async () => {
    expect((await ask(panel, '/api/me', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD')
    expect((await ask(panel, '/api/logout')).headers.get('allow')).toBe('POST')
  })

  it('wrong fields are named and their values are not', async () => {
    const answer = await ask(panel, '/api/login', { body: { password: 12345678, extra: 'e' } })
    expect(answer.json['errors']).toEqual(
      expect.arrayContaining([
        { field: 'username', message: expect.any(String), issue: 'invalid_type' },
        { field: 'password', message: expect.any(String), issue: 'invalid_type' },
        { field: 'extra', message: 'is not known here', issue: 'unrecognized_keys' },
      ]),
    )
    expect(answer.text).not.toContain('12345678')
  })

  it('any body is answered by a problem document or a login, never by a 500', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        const answer = await ask(panel, '/api/login', { method: 'POST', body, headers: login })
        expect([400, 401, 429]).toContain(answer.status)
        expectProblem(answer, answer.status, String(answer.json['code']))
      }),
      { numRuns: 100 },
    )
  })

  it('what is no HTTP gets one too', async () => {
    const socket = connect(panel.port, '127.0.0.1')
    socket.end('THIS IS NOT HTTP\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(text).toContain('application/problem+json')
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ status: 400, code: 'usage' })
  })

  it.each([
    ['without a Host', 'GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'with an expectation that nobody knows',
      'GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 200-ok\r\nConnection: close\r\n\r\n',
      401,
    ],
  ])('a request %s gets one with its request id too', async (_title, request, status) => {
    const socket = connect(panel.port, '127.0.0.1')
    socket.end(request)
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    const id = /^x-request-id: (\S+)$/im.exec(text)?.[1]
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ status, requestId: id })
  })

  it('a field that is not known is named unless its name is no name', async () => {
    const body = { username: 'rosa', password: 'x', usernme: 1, '<b>\u202e': 2 }
    expect((await ask(panel, '/api/login', { body })).json['errors']).toEqual([
      { field: 'usernme', message: 'is not known here', issue: 'unrecognized_keys' },
    ])
    const odd = await ask(panel, '/api/login', { body: { username: 'rosa', password: 'x', '<b>': 2 } })
    expect(odd.json['errors']).toEqual([
      { field: '', message: 'has a field that is not known here', issue: 'unrecognized_keys' },
    ])
  })

  it('headers beyond the limit get one too', async () => {
    const answer = await ask(panel, '/api/health', { headers: { 'x-long': 'x'.repeat(20_000) } })
    expect(answer.status).toBe(431)
    expect(answer.json).toMatchObject({ code: 'headers_too_large' })
  })

  it('a failure inside shows nothing of itself and is logged under the request id', async () => {
    const broken = await createTestDatabase()
    const other = await runPanel(broken.database)
    try {
      await broken.database.query('alter table login_attempt rename to login_attempt_gone')
      const answer = await ask(other, '/api/login', { body: { username: 'rosa', password: goodPassword } })
      expectProblem(answer, 500, 'internal')
      expect(answer.text).not.toContain('login_attempt')
      expect(other.logged()).toContain('login_attempt')
      expect(other.logged()).toContain(String(answer.json['requestId']))
    } finally {
      await other.stop()
      await broken.drop()
    }
  })

  it('a database that is away answers 503 with Retry-After and without its address', async () => {
    const away = Database.open('postgres://u:pw@127.0.0.1:1/none', { applicationName: 'botfleet test' })
    const other = await runPanel(away)
    try {
      const answer = await ask(other, '/api/login', { body: { username: 'rosa', password: goodPassword } })
      expectProblem(answer, 503, 'unavailable')
      expect(answer.headers.get('retry-after')).toBe('5')
      expect(answer.text).not.toContain('127.0.0.1')
    } finally {
      await other.stop()
      await away.close()
    }
  })
})

describe('a cursor that no page has said', () => {
  it.each(['instances', 'agents', 'products', 'stock', 'withdrawals', 'customers'])(
    'is refused and does not look like the end of the list: %s',
    async (list) => {
      const headers = bearer(await tokenOf(panel, 'rosa'))
      const answer = await ask(panel, `/api/${list}?cursor=zzz`, { headers })
      expectProblem(answer, 400, 'usage')
      expect(answer.json['detail']).toContain('next_cursor')
    },
  )
})

describe('a client that leaves', () => {
  it.each([
    ['with its body sent', '{"extra":1}'],
    ['in the middle of its body', '{"ext'],
  ])('%s is not taken for one that has sent none', async (_when, sent) => {
    const token = await tokenOf(panel, 'rosa')
    const locked = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    // Nobody is recognised while this goes on.
    const lock = test.database.transaction(async (tx) => {
      await tx.query('lock table user_session in access exclusive mode')
      locked.resolve()
      await released.promise
    })
    await locked.promise
    const socket = connect(panel.port, '127.0.0.1')
    socket.write(
      `POST /api/logout HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: 11\r\n\r\n${sent}`,
    )
    await vi.waitFor(async () => {
      const { rowCount } = await test.database.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      expect(rowCount).toBe(1)
    })
    const closed = once(socket, 'close')
    socket.destroy()
    await closed
    // The server has heard of it when it answers what came later.
    for (const _ of [1, 2]) await ask(panel, '/healthz')
    released.resolve()
    await lock
    for (let time = 0; time < 10; time += 1) {
      expect((await ask(panel, '/api/me', { headers: bearer(token) })).status).toBe(200)
    }
  })
})

describe('one caller', () => {
  it('with too much under way at once is told to wait, and others are not kept waiting', async () => {
    const wild = bearer(await tokenOf(panel, 'rosa'))
    const calm = bearer(await tokenOf(panel, 'rosa'))
    const me = (headers: Record<string, string>) => ask(panel, '/api/me', { headers })
    const patient = { timeout: 20_000 }
    // Their bodies never come, so they are under way until they are given up, and are begun anew then.
    const options = { host: '127.0.0.1', port: panel.port, path: '/api/logout', method: 'POST' }
    const unending = new Set<ClientRequest>()
    let isOver = false
    const begin = () => {
      const headers = { ...wild, 'content-type': 'application/json', 'content-length': '2' }
      const request = httpRequest({ ...options, headers, agent: false })
      unending.add(request)
      request.on('error', () => {})
      request.on('response', () => request.destroy())
      request.on('close', () => {
        unending.delete(request)
        if (!isOver) setTimeout(begin, 50)
      })
      request.flushHeaders()
    }
    // Some more than there is room for: what asks below takes the place of one for a moment.
    for (let count = 0; count < requestsAtOnceMax + 8; count += 1) begin()
    await vi.waitFor(async () => {
      const answer = await me(wild)
      expectProblem(answer, 429, 'too_many_attempts')
      expect(answer.headers.get('retry-after')).toBe('1')
    }, patient)
    expect((await me(calm)).status).toBe(200)
    isOver = true
    for (const request of unending) request.destroy()
    await vi.waitFor(async () => expect((await me(wild)).status).toBe(200), patient)
  })
})

describe('every answer', () => {
  it.each(['/api/health', '/api/nothing', '/api/me'])('of %s carries the security headers', async (path) => {
    const { headers } = await ask(panel, path)
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('etag')).toBeNull()
  })
})
