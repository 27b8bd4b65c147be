import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Actor, Permission } from '../../domain/actor.ts'
import { ChangeFeed } from '../../panel/api/change-feed.ts'
import { EventStreams } from '../../panel/api/event-streams.ts'
import type { PanelOptions } from '../../panel/api/start-panel.ts'
import { createLog } from '../../runtime/log.ts'
import { createApiToken } from '../../services/access/create-api-token.ts'
import { revokeApiToken } from '../../services/access/revoke-api-token.ts'
import { disableUser } from '../../services/disable-user.ts'
import { addPerson, letTimePass, operatorOfTheMachine } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { EventReader } from './event-reader.ts'
import { ask, bearer, cookie, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let base: TestDatabase
let panel: RunningPanel
const readers: EventReader[] = []
const panels: Pick<RunningPanel, 'stop'>[] = []

beforeAll(async () => {
  base = await createTestDatabase()
  for (const role of ['owner', 'viewer', 'agent'] as const) await addPerson(base.database, `the-${role}`, role)
  panel = await runPanel(base.database, { databaseUrl: base.url })
})
beforeEach(() => base.database.query('delete from login_attempt'))
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  for (const each of panels.splice(0)) await each.stop()
})
afterAll(async () => {
  await panel.stop()
  await base.drop()
})

async function run(options: Partial<PanelOptions> = {}): Promise<RunningPanel> {
  const running = await runPanel(base.database, { databaseUrl: base.url, ...options })
  panels.push(running)
  return running
}

async function watch(
  token: string,
  options: { panel?: RunningPanel; query?: string; after?: string } = {},
): Promise<EventReader> {
  const headers = { ...bearer(token), ...(options.after === undefined ? {} : { 'last-event-id': options.after }) }
  const reader = await EventReader.open(options.panel ?? panel, `/api/events${options.query ?? ''}`, headers)
  readers.push(reader)
  return reader
}

/** A stream that has begun. */
async function watching(...parameters: Parameters<typeof watch>): Promise<EventReader> {
  const reader = await watch(...parameters)
  await reader.until(({ events }) => expect(events[0]?.event).toBe('ready'))
  return reader
}

const note = (subject: string, tenant: string | null = 'master', topic = 'instance') =>
  base.database.query(`select note_change($1, $2, $3, '{"status":"new"}')`, [topic, subject, tenant])

test('the stream says how it is to be treated: no store, no buffering, when to come back', async () => {
  const reader = await watching(await tokenOf(panel, 'the-owner'))
  expect(reader.response.statusCode).toBe(200)
  expect(reader.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  expect(reader.response.headers['content-encoding']).toBeUndefined()
  expect(reader.named('ready')[0]?.data).toEqual({ server: 'server1' })
  expect(reader.lastId).toMatch(/^\d+$/)
})

test('who is not signed in gets no stream, and HEAD holds none open', async () => {
  expect((await ask(panel, '/api/events')).status).toBe(401)
  const headers = bearer(await tokenOf(panel, 'the-owner'))
  expect((await ask(panel, '/api/events', { method: 'HEAD', headers })).status).toBe(200)
})

test('what happens to a bot, an order of its shop and a server is told as it happens', async () => {
  const token = await tokenOf(panel, 'the-owner')
  const reader = await watching(token)
  const created = await ask(panel, '/api/instances', {
    headers: bearer(token),
    body: { name: 'Shop', phone_number: '+4915112345678' },
  })
  await reader.until(() => expect(reader.changed).toContain(created.json['id']))
  await ask(panel, `/api/instances/${String(created.json['id'])}/approve`, {
    headers: bearer(token),
    body: { duration_months: 1 },
  })
  await base.database.query(`insert into server (name) values ('other')`)
  await note('77', 'master', 'order')
  await reader.until(() => expect(reader.changed).toContain('77'))
  const ofBot = reader.named('change').filter(({ data }) => data['subject'] === created.json['id'])
  expect(ofBot[0]?.data).toMatchObject({ topic: 'instance', tenant: 'master', details: { status: 'new' } })
  expect(ofBot.at(-1)?.data).toMatchObject({ details: { status: 'approved', desired: 'running', server: 'server1' } })
  expect(reader.named('change').map(({ data }) => data['topic'])).toContain('server')
})

test('an agent hears of its own tenant and of nothing else', async () => {
  const agent = await watching(await tokenOf(panel, 'the-agent'))
  const viewer = await watching(await tokenOf(panel, 'the-viewer'))
  await note('of-the-master')
  await note('of-another', 'agent:t2')
  await note('server-9', null, 'server')
  await note('owners-only', null, 'access')
  await note('own', 'agent:t1')
  await viewer.until(() => expect(viewer.changed).toEqual(['of-the-master', 'of-another', 'server-9', 'own']))
  await agent.until(() => expect(agent.changed).toEqual(['own']))
})

test('a reader that comes back loses nothing, on this server or on another', async () => {
  const token = await tokenOf(panel, 'the-owner')
  const reader = await watching(token)
  await note('seen')
  await reader.until(() => expect(reader.changed).toEqual(['seen']))
  reader.close()
  for (const subject of ['missed-1', 'missed-2']) await note(subject)
  const again = await watching(token, { after: reader.lastId })
  await again.until(() => expect(again.changed).toEqual(['missed-1', 'missed-2']))
  const elsewhere = await watching(token, { panel: await run(), query: `?after=${reader.lastId}` })
  await elsewhere.until(() => expect(elsewhere.changed).toEqual(['missed-1', 'missed-2']))
})

test('whoever was away for too long is told to read everything anew', async () => {
  const token = await tokenOf(panel, 'the-owner')
  const reader = await watching(token, { after: '999999999' })
  await reader.until(() => expect(reader.named('resync')[0]?.data).toEqual({ reason: 'away' }))
})

test('a reader that comes back moves on only with what it is told: a stream that breaks in between loses nothing', async () => {
  const token = await tokenOf(panel, 'the-owner')
  const reader = await watching(token)
  reader.close()
  for (const subject of ['broken-1', 'broken-2']) await note(subject)
  const again = await watching(token, { after: reader.lastId })
  await again.until(() => expect(again.changed).toEqual(['broken-1', 'broken-2']))
  const [ready, first, second] = again.events
  expect([ready?.event, ready?.id]).toEqual(['ready', ''])
  expect(Number(first?.id)).toBeLessThan(Number(second?.id))
})

test('an id that is none of ours is no place to go on from: everything is to be read anew', async () => {
  const reader = await watching(await tokenOf(panel, 'the-owner'), { after: 'of-another-program' })
  await reader.until(() => expect(reader.named('resync')[0]?.data).toEqual({ reason: 'away' }))
})

test('whoever leaves before their stream has begun leaves none behind', async () => {
  const quick = await run({ streamLimits: { allMax: 1 } })
  const token = await tokenOf(quick, 'the-owner')
  const mayGoOn = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const lock = base.database.transaction(async (tx) => {
    await tx.query('lock table user_session in access exclusive mode')
    locked.resolve()
    await mayGoOn.promise
  })
  await locked.promise
  const request = httpRequest({ host: '127.0.0.1', port: quick.port, path: '/api/events', headers: bearer(token) })
  request.on('error', () => {})
  request.end()
  await vi.waitFor(async () => expect(await waitingForLocks()).toBe(1))
  request.destroy()
  // The server has heard of it when it answers what was asked after it.
  for (let asked = 0; asked < 5; asked += 1) await ask(quick, '/healthz')
  mayGoOn.resolve()
  await lock
  await vi.waitFor(async () => expect(await waitingForLocks()).toBe(0))
  await vi.waitFor(async () => {
    const reader = await watch(token, { panel: quick })
    expect(reader.response.statusCode).toBe(200)
  })
})

async function waitingForLocks(): Promise<number> {
  const { rows } = await base.database.query<{ count: number }>(
    `select count(*) as count from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
  )
  return rows[0]?.count ?? 0
}

test('signing out ends the streams of that session at once, and of no other', async () => {
  const [token, other] = [await tokenOf(panel, 'the-owner'), await tokenOf(panel, 'the-owner')]
  const elsewhere = await run()
  const mine = await watching(token)
  const mineElsewhere = await watching(token, { panel: elsewhere })
  const others = await watching(other)
  await ask(panel, '/api/logout', { method: 'POST', headers: bearer(token) })
  for (const reader of [mine, mineElsewhere]) {
    await reader.until(() => expect(reader.isOver).toBe(true), 5000)
    expect(reader.named('bye')[0]?.data).toEqual({ reason: 'signed_out' })
  }
  await note('afterwards')
  await others.until(() => expect(others.changed).toContain('afterwards'))
  expect(others.isOver).toBe(false)
})

test('an API token hears what its scopes let it read, until it is revoked', async () => {
  const made = (scopes: Permission[]) =>
    base.database.transaction((tx) =>
      createApiToken(tx, operatorOfTheMachine, { username: 'the-viewer', name: 'a program', scopes, ttlMs: null }),
    )
  const orders = await made(['order.read'])
  const reader = await watching(orders.text)
  const other = await watching((await made(['instance.read'])).text)
  await note('a-bot')
  await note('an-order', 'master', 'order')
  await reader.until(() => expect(reader.changed).toEqual(['an-order']))
  await other.until(() => expect(other.changed).toEqual(['a-bot']))
  await base.database.transaction((tx) => revokeApiToken(tx, operatorOfTheMachine, { id: orders.token.id }))
  await reader.until(() => expect(reader.named('bye')[0]?.data).toEqual({ reason: 'signed_out' }), 5000)
  await note('another-bot')
  await other.until(() => expect(other.changed).toContain('another-bot'))
})

test('a person who is shut out hears nothing more', async () => {
  await addPerson(base.database, 'leaving', 'operator')
  const reader = await watching(await tokenOf(panel, 'leaving'))
  await base.database.transaction((tx) => disableUser(tx, operatorOfTheMachine, { username: 'leaving' }))
  await reader.until(() => expect(reader.isOver).toBe(true), 5000)
})

test('new rights count at once, and everything is to be read anew by them', async () => {
  await addPerson(base.database, 'rising', 'agent')
  const reader = await watching(await tokenOf(panel, 'rising'))
  await note('before-rise')
  await base.database.query(`update app_user set role = 'viewer', tenant_id = null where username = 'rising'`)
  await reader.until(() => expect(reader.named('resync')[0]?.data).toEqual({ reason: 'rights' }))
  await note('after-rise')
  await reader.until(() => expect(reader.changed).toEqual(['after-rise']))
})

test('who has fewer rights hears nothing by those that they had, not even what came with the change', async () => {
  const id = await addPerson(base.database, 'falling', 'viewer')
  const reader = await watching(await tokenOf(panel, 'falling'))
  await base.database.transaction(async (tx) => {
    await tx.query(`update app_user set role = 'agent', tenant_id = 'agent:t1' where id = $1`, [id])
    await tx.query(`select note_change('instance', 'of-the-master', 'master', '{}')`)
    await tx.query(`select note_change('instance', 'of-my-own', 'agent:t1', '{}')`)
  })
  await reader.until(() => expect(reader.named('resync')[0]?.data).toEqual({ reason: 'rights' }))
  await note('afterwards', 'agent:t1')
  await reader.until(() => expect(reader.changed).toContain('afterwards'))
  expect(reader.changed).not.toContain('of-the-master')
})

const viewer = (name: string): Actor => ({ name, userId: name, role: 'viewer', tenant: null, source: 'test' })
type Known = PromiseWithResolvers<Map<string, Actor>>

/** Streams of viewers by their name, and each question who they are, to be answered. */
async function watchingStrangers(names: readonly string[]): Promise<{ strangers: EventReader[]; questions: Known[] }> {
  const log = createLog({ level: 'fatal', name: 'test' })
  const questions: Known[] = []
  const recheck = () => {
    const question: Known = Promise.withResolvers()
    questions.push(question)
    return question.promise
  }
  const feed = new ChangeFeed({ database: base.database, databaseUrl: base.url, log })
  const limits = { heartbeatMs: 100 }
  const streams = new EventStreams({ feed, serverName: 'server1', log, recheck, limits })
  const app = express().get('/:name', async ({ params: { name } }, response) =>
    streams.open({ response, token: name, actor: viewer(name), resumeAfter: undefined, followed: undefined }),
  )
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    for (const question of questions) question.resolve(new Map())
    await streams.stop()
    server.closeAllConnections()
    server.close()
  }
  panels.push({ stop })
  const strangers = await Promise.all(names.map((name) => EventReader.open({ port }, `/${name}`, {})))
  readers.push(...strangers)
  for (const each of strangers) await each.until(() => expect(each.named('ready')).toHaveLength(1))
  return { strangers, questions }
}

test('who somebody was before their rights changed is no answer to who they are', async () => {
  const { strangers, questions } = await watchingStrangers(['one', 'other'])
  const [one, other] = strangers as [EventReader, EventReader]
  await vi.waitFor(() => expect(questions).toHaveLength(1))
  await note('one', null, 'access')
  await note('after-it')
  await other.until(() => expect(other.changed).toContain('after-it'))
  questions[0]?.resolve(new Map(['one', 'other'].map((name) => [name, viewer(name)])))
  await vi.waitFor(() => expect(questions).toHaveLength(2))
  await note('of-the-master')
  await other.until(() => expect(other.changed).toContain('of-the-master'))
  // Nor is it moved on past what it was not told, while the other one is.
  const { beats } = other
  await other.until(() => expect(other.beats).toBeGreaterThan(beats + 2))
  expect(Number(one.lastId)).toBeLessThan(Number(other.lastId))
  questions[1]?.resolve(
    new Map([
      ['one', { ...viewer('one'), role: 'agent', tenant: 'agent:t1' }],
      ['other', viewer('other')],
    ]),
  )
  await one.until(() => expect(one.named('resync').map(({ data }) => data)).toEqual([{ reason: 'rights' }]))
  expect(one.changed).toEqual([])
})

test('a session that becomes idle ends its streams at a heartbeat: watching is no request', async () => {
  const quick = await run({ streamLimits: { heartbeatMs: 100 } })
  const reader = await watching(await tokenOf(quick, 'the-viewer'), { panel: quick })
  await reader.until(() => expect(reader.beats).toBeGreaterThan(3))
  expect(reader.isOver).toBe(false)
  await letTimePass(base.database, 31 * 60_000)
  await reader.until(() => expect(reader.named('bye')[0]?.data).toEqual({ reason: 'signed_out' }))
})

test('a heartbeat moves on what a reader resumes after, also when it may hear of nothing', async () => {
  const quick = await run({ streamLimits: { heartbeatMs: 100 } })
  const agent = await watching(await tokenOf(quick, 'the-agent'), { panel: quick })
  const before = Number(agent.lastId)
  await note('not-for-agents')
  await agent.until(() => expect(Number(agent.lastId)).toBeGreaterThan(before))
  expect(agent.changed).toEqual([])
})

test('one person has only so many streams, however many sessions they have', async () => {
  const narrow = await run({ streamLimits: { ofSessionMax: 2, ofPersonMax: 3 } })
  const tokens = [await tokenOf(narrow, 'the-owner'), await tokenOf(narrow, 'the-owner')]
  for (const token of [tokens[0], tokens[1], tokens[1]]) await watching(token ?? '', { panel: narrow })
  expect((await ask(narrow, '/api/events', { headers: bearer(tokens[0] ?? '') })).status).toBe(429)
  await watching(await tokenOf(narrow, 'the-agent'), { panel: narrow })
})

test('a session has only so many streams, and the server too', async () => {
  const narrow = await run({ streamLimits: { ofSessionMax: 2, allMax: 3 } })
  const [token, other] = [await tokenOf(narrow, 'the-owner'), await tokenOf(narrow, 'the-owner')]
  const first = await watching(token, { panel: narrow })
  await watching(token, { panel: narrow })
  const refused = await ask(narrow, '/api/events', { headers: bearer(token) })
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('10')
  await watching(other, { panel: narrow })
  expect((await ask(narrow, '/api/events', { headers: bearer(other) })).status).toBe(429)
  first.close()
  // The server hears of a reader's end a moment later.
  await vi.waitFor(async () => {
    const reader = await watch(other, { panel: narrow })
    expect(reader.response.statusCode).toBe(200)
  })
})

test('a server that stops says so and ends its streams at once', async () => {
  const stopping = await run()
  const reader = await watching(await tokenOf(stopping, 'the-owner'), { panel: stopping })
  await stopping.stop()
  await reader.until(() => expect(reader.isOver).toBe(true))
  expect(reader.named('bye')[0]?.data).toEqual({ reason: 'stopping' })
})

test('what a slow reader does not take is not kept for it: it reads anew when it has caught up', async () => {
  const token = await tokenOf(panel, 'the-owner')
  const slow = await watching(token)
  slow.response.pause()
  const many = 20_000
  await base.database.query(
    `insert into change_event (topic, subject, tenant_id, details)
     select 'instance', 'much-' || n, 'master', jsonb_build_object('filler', repeat('x', 2000))
     from generate_series(1, $1::int) as n`,
    [many],
  )
  const quick = await watching(token)
  await note('the-last')
  await quick.until(() => expect(quick.changed).toContain('the-last'), 30_000)
  slow.response.resume()
  await slow.until(() => expect(slow.named('resync')[0]?.data).toEqual({ reason: 'slow' }), 30_000)
  // From there on it hears again.
  await note('after-that')
  await slow.until(() => expect(slow.changed).toContain('after-that'), 30_000)
  expect(slow.changed.length).toBeLessThan(many)
})

test('much at once is no reason to read anew for whoever takes it', async () => {
  const reader = await watching(await tokenOf(panel, 'the-owner'))
  await base.database.query(
    `insert into change_event (topic, subject, tenant_id, details)
     select 'instance', 'big-' || n, 'master', jsonb_build_object('filler', repeat('x', 2000))
     from generate_series(1, 300) as n`,
  )
  await note('after-the-big')
  await reader.until(() => expect(reader.changed).toContain('after-the-big'))
  expect(reader.changed).toHaveLength(301)
  expect(reader.named('resync')).toEqual([])
})

test('a cookie opens a stream as it opens the rest', async () => {
  const token = await tokenOf(panel, 'the-owner')
  const reader = await EventReader.open(panel, '/api/events', cookie(token))
  readers.push(reader)
  await reader.until(() => expect(reader.named('ready')).toHaveLength(1))
})
