import { randomBytes } from 'node:crypto'
import { appendFile, copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeKeyring } from '../../domain/keyring.ts'
import { peerTokenMs, signPeerRequest } from '../../domain/peer-token.ts'
import { refusePeerUrl } from '../../domain/peer-url.ts'
import { LogFollower } from '../../panel/api/log-follower.ts'
import type { InstanceLog } from '../../runtime/instance-log.ts'
import { readLogPage } from '../../runtime/log-page.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { EventReader } from './event-reader.ts'
import { type Answer, ask, bearer, panelKeyring, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let base: TestDatabase
let folder: string
let own: RunningPanel
let other: RunningPanel
let operator: Record<string, string>
const readers: EventReader[] = []
const servers: Server[] = []
let number = 491_600_000_000

beforeAll(async () => {
  base = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'botfleet-logs-'))
  const options = { databaseUrl: base.url }
  own = await runPanel(base.database, { ...options, logFolder: join(folder, 'home-1') })
  other = await runPanel(base.database, { ...options, serverName: 'server2', logFolder: join(folder, 'home-2') })
  for (const role of ['operator', 'viewer', 'agent'] as const) await addPerson(base.database, `the-${role}`, role)
  operator = bearer(await tokenOf(own, 'the-operator'))
  await base.database.query(
    `insert into server (name, url) values ('server1', $1), ('server2', $2), ('lost', null), ('down', 'http://127.0.0.1:' || $3)`,
    [own.url, other.url, await closedPort()],
  )
})
beforeEach(() => base.database.query('delete from login_attempt'))
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
  for (const server of servers.splice(0)) server.close()
})
afterAll(async () => {
  await own.stop()
  await other.stop()
  await base.drop()
  await rm(folder, { recursive: true, force: true })
})

async function bot(server: string, tenant = 'master'): Promise<string> {
  number += 1
  const id = `bot-${randomBytes(4).toString('hex')}`
  await base.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ($1, $2, 'whatsapp', 'Shop', $3, $4, 'test')`,
    [id, tenant, `+${number}`, server],
  )
  return id
}

async function write(home: 'home-1' | 'home-2', server: string, id: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, home, server, `${id}.log`)
  await mkdir(dirname(path), { recursive: true })
  await appendFile(path, lines.map((line) => `${line}\n`).join(''))
  return path
}

const line = (msg: string, more: object = {}) =>
  JSON.stringify({ level: 'info', at: '2026-03-01T12:00:00.000Z', name: 'w', ...more, msg })

const logs = (id: string, query = '', panel = own) =>
  ask(panel, `/api/instances/${id}/logs${query}`, { headers: operator })

const messages = ({ json }: Answer) => (json['lines'] as { message: string }[]).map(({ message }) => message)

describe('a log of this server', () => {
  it('is shown as entries, newest last, and page by page', async () => {
    const id = await bot('server1')
    expect((await logs(id)).json).toMatchObject({
      instance: id,
      server: 'server1',
      lines: [],
      before: null,
      after: null,
    })
    await write(
      'home-1',
      'server1',
      id,
      Array.from({ length: 25 }, (_, at) => line(`m${at}`, { epoch: at })),
    )
    const newest = await logs(id, '?lines=10')
    expect(messages(newest)).toEqual(Array.from({ length: 10 }, (_, at) => `m${at + 15}`))
    expect((newest.json['lines'] as object[])[0]).toEqual({
      at: '2026-03-01T12:00:00.000Z',
      level: 'info',
      message: 'm15',
      fields: { epoch: 15 },
      cut: false,
    })
    const older = await logs(id, `?lines=10&before=${String(newest.json['before'])}`)
    expect(messages(older).at(-1)).toBe('m14')
    const oldest = await logs(id, `?lines=10&before=${String(older.json['before'])}`)
    expect(messages(oldest)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
    expect(oldest.json['before']).toBeNull()
    await write('home-1', 'server1', id, [line('new')])
    expect(messages(await logs(id, `?after=${String(newest.json['after'])}`))).toEqual(['new'])
  })

  it('holds no secret and nothing that moves a cursor, also not what a library printed', async () => {
    const id = await bot('server1')
    await write('home-1', 'server1', id, [
      'GET https://api.telegram.org/bot123456:AAfake-token-for-tests-only/getMe \u001b[31mred\u001b[0m\u0007',
      line('\u001b[2Jclear', { text: 'plain', url: 'postgres://u:hunter2hunter2@h/db' }),
    ])
    const { text, json } = await logs(id)
    expect(text).not.toMatch(/fake-token|hunter2|\\u001b|\\u0007/)
    expect(json['lines']).toMatchObject([
      { at: null, level: 'info' },
      { message: 'clear', fields: { text: 'plain' } },
    ])
  })

  it('is searched by words and by level, and nobody finds a secret by guessing at it', async () => {
    const id = await bot('server1')
    await write('home-1', 'server1', id, [
      line('All quiet'),
      line('Order 7 failed', { level: 'error', reason: 'no stock' }),
      line('Slow', { level: 'warn', botToken: '123456:AAfake-token-for-tests-only' }),
    ])
    expect(messages(await logs(id, '?q=FAILED'))).toEqual(['Order 7 failed'])
    expect(messages(await logs(id, '?q=no%20stock'))).toEqual(['Order 7 failed'])
    expect(messages(await logs(id, '?level=warn'))).toEqual(['Order 7 failed', 'Slow'])
    expect(messages(await logs(id, '?q=AAfake'))).toEqual([])
  })

  it('a search looks through so much at a time and says where it goes on', async () => {
    const id = await bot('server1')
    await write('home-1', 'server1', id, [
      line('needle'),
      ...Array.from({ length: 10_000 }, () => line('x'.repeat(1000))),
    ])
    const first = await logs(id, '?q=needle')
    expect(messages(first)).toEqual([])
    const second = await logs(id, `?q=needle&before=${String(first.json['before'])}`)
    expect(messages(second)).toEqual(['needle'])
  })

  it('an answer has a bounded size, whatever was logged', async () => {
    const id = await bot('server1')
    await write('home-1', 'server1', id, [
      ...Array.from({ length: 200 }, () => line('y'.repeat(9000))),
      line('big', { list: Array.from({ length: 5000 }, () => 'zzz') }),
      'w'.repeat(50_000),
    ])
    const { text, json } = await logs(id, '?lines=1000')
    expect(text.length).toBeLessThan(1_000_000)
    expect((json['lines'] as { cut: boolean }[]).slice(-2)).toMatchObject([{ cut: true, fields: {} }, { cut: true }])
  })

  it('is for those who may read logs, of a bot that there is', async () => {
    const id = await bot('server1', 'agent:t1')
    for (const who of ['the-viewer', 'the-agent']) {
      const headers = bearer(await tokenOf(own, who))
      expect((await ask(own, `/api/instances/${id}/logs`, { headers })).status).toBe(403)
      expect((await ask(own, `/api/events?logs=${id}`, { headers })).status).toBe(403)
    }
    expect((await logs('bot-none')).status).toBe(404)
    expect((await logs('..%2f..%2fetc')).status).toBe(400)
    expect((await logs(id, '?before=/etc/passwd')).status).toBe(400)
  })
})

describe('a log of another server', () => {
  it('is asked of that server, from either side', async () => {
    const [mine, theirs] = [await bot('server1'), await bot('server2')]
    await write('home-1', 'server1', mine, [line('from one')])
    await write('home-2', 'server2', theirs, [line('from two'), line('more of two')])
    expect((await logs(theirs)).json).toMatchObject({ server: 'server2', lines: [{ message: 'from two' }, {}] })
    expect(messages(await logs(theirs, '?q=more&lines=5'))).toEqual(['more of two'])
    expect((await logs(mine, '', other)).json).toMatchObject({ server: 'server1', lines: [{ message: 'from one' }] })
  })

  it.each([
    ['lost', 'it has not said where it is: set its PEER_URL'],
    ['down', 'it does not answer (ECONNREFUSED)'],
  ])('that cannot be asked is named: %s', async (server, reason) => {
    const { status, json, headers } = await logs(await bot(server))
    expect(status).toBe(503)
    expect(json).toMatchObject({ code: 'server_unreachable', detail: `server ${server} cannot be asked: ${reason}` })
    expect(headers.get('retry-after')).toBe('5')
  })

  it.each([
    ['leads elsewhere', 302, { location: 'http://127.0.0.1:9/stolen' }, '{}', /leads elsewhere and is not followed/],
    ['is something else', 200, {}, '<html>', /no botfleet server/],
    ['answers another shape', 200, {}, '{"lines":[{"secret":1}]}', /another version/],
    ['never stops answering', 200, {}, 'x'.repeat(5_000_000), /does not answer/],
  ])('that %s is not believed', async (_name, status, headers, body, detail) => {
    let asked = 0
    const impostor = createServer((_request, response) => {
      asked += 1
      response.writeHead(status, headers).end(body)
    })
    servers.push(impostor)
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
    const name = `odd-${asked}-${status}-${body.length}`
    await base.database.query('insert into server (name, url) values ($1, $2)', [
      name,
      `http://127.0.0.1:${(impostor.address() as AddressInfo).port}`,
    ])
    const answer = await logs(await bot(name))
    expect(answer.status).toBe(503)
    expect(String(answer.json['detail'])).toMatch(detail)
    expect(asked).toBe(1)
  })

  it.each([
    [null, false, /not said/],
    ['http://server2.example:8080', false, /no TLS/],
    ['http://server2.example:8080', true, undefined],
    ['https://server2.example', false, undefined],
    ['http://127.0.0.1:8081', false, undefined],
    ['http://[::1]:8081', false, undefined],
    ['http://127.0.0.1.evil.example', false, /no TLS/],
    ['file:///etc/passwd', true, /none of http/],
    ['https://user:word@server2.example', false, /holds a password/],
  ])('is not asked at an address that cannot be trusted: %s', (url, plainHttp, refusal) => {
    const refused = refusePeerUrl(url, { plainHttp })
    if (refusal === undefined) expect(refused).toBeUndefined()
    else expect(refused).toMatch(refusal)
  })
})

describe('the door for other servers', () => {
  const target = (id: string) => `/peer/instances/${id}/logs?lines=5`
  const sign = (id: string, options: { server?: string; atMs?: number; key?: number; target?: string } = {}) =>
    signPeerRequest(
      makeKeyring([Buffer.alloc(32, options.key ?? 7)]),
      { server: options.server ?? 'server1', method: 'GET', target: options.target ?? target(id) },
      { atMs: options.atMs ?? Date.now(), nonce: randomBytes(16).toString('hex') },
    )
  const knock = (id: string, authorization?: string) =>
    ask(own, target(id), { headers: authorization === undefined ? {} : { authorization } })

  it('opens to a request that proves itself, once', async () => {
    const id = await bot('server1')
    await write('home-1', 'server1', id, [line('hello')])
    expect(panelKeyring.activeKeyId).toBe(makeKeyring([Buffer.alloc(32, 7)]).activeKeyId)
    const token = `Botfleet-Peer ${sign(id)}`
    const first = await knock(id, token)
    expect(first.status).toBe(200)
    expect(first.json).toMatchObject({ lines: [{ message: 'hello' }] })
    expect((await knock(id, token)).status).toBe(403)
  })

  it('opens to nobody else: not to a person, nor to a token of another key, time, server or request', async () => {
    const id = await bot('server1')
    await write('home-1', 'server1', id, [line('hello')])
    const refused = [
      undefined,
      operator['authorization'],
      'Botfleet-Peer',
      `Bearer ${sign(id)}`,
      `Botfleet-Peer ${sign(id, { key: 8 })}`,
      `Botfleet-Peer ${sign(id, { atMs: Date.now() - peerTokenMs - 1000 })}`,
      `Botfleet-Peer ${sign(id, { atMs: Date.now() + peerTokenMs + 5000 })}`,
      `Botfleet-Peer ${sign(id, { server: 'server2' })}`,
      `Botfleet-Peer ${sign(id, { target: target('bot-other') })}`,
    ]
    for (const authorization of refused) {
      const { status, text } = await knock(id, authorization)
      expect(status, authorization).toBe(403)
      expect(text).not.toContain('hello')
    }
  })
})

describe('a followed log', () => {
  async function follow(id: string, options: { panel?: RunningPanel; after?: string } = {}): Promise<EventReader> {
    const reader = await EventReader.open(options.panel ?? own, `/api/events?logs=${id}`, {
      ...operator,
      ...(options.after === undefined ? {} : { 'last-event-id': options.after }),
    })
    readers.push(reader)
    await reader.until(() => expect(reader.named('ready')).toHaveLength(1))
    return reader
  }
  const told = (reader: EventReader) =>
    reader.named('log').flatMap(({ data }) => (data['lines'] as { message: string }[]).map(({ message }) => message))

  it('comes beside the changes, through a rotation, and goes on where it was left', async () => {
    const id = await bot('server1')
    const path = await write('home-1', 'server1', id, [line('before')])
    const reader = await follow(id)
    await reader.until(() => expect(reader.named('log')).toHaveLength(1))
    await write('home-1', 'server1', id, [line('one')])
    await reader.until(() => expect(told(reader)).toEqual(['one']))
    await base.database.query(`select note_change('instance', $1, 'master', '{}')`, [id])
    await reader.until(() => expect(reader.changed).toContain(id))
    reader.close()
    await write('home-1', 'server1', id, [line('two')])
    await copyFile(path, `${path}.1`)
    await truncate(path, 0)
    await write('home-1', 'server1', id, [line('three')])
    const again = await follow(id, { after: reader.lastId })
    await again.until(() => expect(told(again)).toEqual(['two', 'three']))
    expect(again.changed).toEqual([])
  })

  it('that had not begun yet is told from its beginning, also to whoever comes back', async () => {
    const id = await bot('server1')
    const reader = await follow(id)
    await reader.until(() => expect(reader.lastId).toMatch(/~start$/))
    reader.close()
    await write('home-1', 'server1', id, [line('the first')])
    const again = await follow(id, { after: reader.lastId })
    await again.until(() => expect(told(again)).toEqual(['the first']))
  })

  it('of a bot that moves to another server is followed there by whoever comes back', async () => {
    const id = await bot('server1')
    await write('home-1', 'server1', id, [line('here')])
    const reader = await follow(id)
    await reader.until(() => expect(reader.named('log')).toHaveLength(1))
    await base.database.query(`update instance set server_name = 'server2' where id = $1`, [id])
    await reader.until(() => expect(reader.named('bye')[0]?.data).toEqual({ reason: 'moved' }))
    await write('home-2', 'server2', id, [line('there')])
    const again = await follow(id, { after: reader.lastId })
    await again.until(() => expect(told(again)).toEqual(['there']))
  })

  it('is not read past what could not be told: a reader that was too slow meanwhile gets it later', async () => {
    const path = await write('home-1', 'server1', await bot('server1'), [line('meanwhile')])
    let isHeld = false
    let isFirst = true
    const read: InstanceLog['read'] = async (query) => {
      const page = await readLogPage(path, query)
      isHeld = isFirst
      isFirst = false
      return page
    }
    const heard: string[] = []
    const followed = { id: 'bot-1', tenant: 'master', log: { server: 'server1', path, read } }
    const follower = new LogFollower(followed, 'start', {
      // What is too much for a stream is not kept.
      onPage: ({ lines }) => isHeld || heard.push(...lines.map(({ message }) => message)),
      onTrouble: (detail) => heard.push(detail),
      isHeld: () => isHeld,
    })
    follower.start()
    try {
      await vi.waitFor(() => expect(isHeld).toBe(true))
      isHeld = false
      await vi.waitFor(() => expect(heard).toEqual(['meanwhile']), { timeout: 5000 })
    } finally {
      follower.stop()
    }
  })

  it('of another server is followed there, and its silence is said', async () => {
    const id = await bot('server2')
    await write('home-2', 'server2', id, [line('old')])
    const reader = await follow(id)
    await reader.until(() => expect(reader.named('log')).toHaveLength(1))
    await write('home-2', 'server2', id, [line('fresh')])
    await reader.until(() => expect(told(reader)).toEqual(['fresh']))
    const silent = await follow(await bot('down'))
    await silent.until(() =>
      expect(silent.named('log-trouble')[0]?.data['detail']).toBe(
        'server down cannot be asked: it does not answer (ECONNREFUSED)',
      ),
    )
  })

  it('is not for whoever loses the right to read it', async () => {
    await addPerson(base.database, 'falling', 'operator')
    const id = await bot('server1')
    await writeFile(await write('home-1', 'server1', id, []), '')
    const reader = await EventReader.open(own, `/api/events?logs=${id}`, bearer(await tokenOf(own, 'falling')))
    readers.push(reader)
    await reader.until(() => expect(reader.named('ready')).toHaveLength(1))
    await base.database.query(`update app_user set role = 'viewer' where username = 'falling'`)
    await reader.until(() => expect(reader.named('bye')[0]?.data).toEqual({ reason: 'not_allowed' }))
  })
})

/** A port where nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
