import { connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../db/database.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, bearer, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
  await addPerson(test.database, 'rosa', 'viewer')
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})

describe('GET /api/health', () => {
  it('answers in the seed’s shape without a login', async () => {
    const response = await fetch(`${panel.url}/api/health`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const answer = (await response.json()) as { timestamp: string }
    expect(answer).toEqual({
      status: 'healthy',
      service: 'Botfleet',
      version: '9.8.7',
      server: 'server1',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
    expect(Math.abs(Date.parse(answer.timestamp) - Date.now())).toBeLessThan(60_000)
  })

  it('answers HEAD without a body', async () => {
    const response = await fetch(`${panel.url}/api/health`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
  })

  it('is degraded with 503 when no database is there', async () => {
    const away = Database.open('postgres://u:pw@127.0.0.1:1/none', { applicationName: 'botfleet test' })
    const other = await runPanel(away)
    try {
      const answer = await ask(other, '/api/health')
      expect(answer.status).toBe(503)
      expect(answer.json).toMatchObject({ status: 'degraded', service: 'Botfleet', server: 'server1' })
    } finally {
      await other.stop()
      await away.close()
    }
  })

  it('is degraded after a second when the database accepts and stays silent, with one connection for all who ask', async () => {
    let connections = 0
    const silent = createServer((socket) => {
      connections += 1
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const hole = Database.open(`postgres://u:pw@127.0.0.1:${port}/none`, { applicationName: 'botfleet test' })
    const other = await runPanel(hole)
    try {
      const started = performance.now()
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(other, '/api/health')))
      const took = performance.now() - started
      expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 503))
      expect(took).toBeGreaterThan(900)
      // One after another they would take twenty.
      expect(took).toBeLessThan(10_000)
      expect(connections).toBe(1)
    } finally {
      await other.stop()
      silent.close()
      await hole.close()
    }
  })
})

describe('GET /api/server-info', () => {
  it('counts this server’s bots by status, in the seed’s shape', async () => {
    await test.database.query(`insert into server (name) values ('server1'), ('server2')`)
    const add = (id: string, server: string, status: string) =>
      test.database.query(
        `insert into instance (id, tenant_id, platform, name, server_name, status, created_by, approved_at, expires_at, deleted_at)
         values ($1, 'master', 'telegram', $1, $2, $3, 'test', now(), now() + interval '1 day',
           case when $3 = 'deleted' then now() end)`,
        [id, server, status],
      )
    await add('a', 'server1', 'new')
    await add('b', 'server1', 'new')
    await add('c', 'server1', 'approved')
    await add('d', 'server1', 'expired')
    await add('e', 'server1', 'deleted')
    await add('f', 'server2', 'approved')
    const answer = await ask(panel, '/api/server-info', { headers: bearer(await tokenOf(panel, 'rosa')) })
    expect(answer.json).toEqual({
      server_name: 'server1',
      total_bots: 4,
      new_bots: 2,
      approved_bots: 1,
      expired_bots: 1,
    })
  })
})

describe('startPanel', () => {
  it('names the setting when the port is taken', async () => {
    await expect(runPanel(test.database, { port: panel.port })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('PORT'),
    })
  })

  it('names the setting when the address is not ours', async () => {
    await expect(runPanel(test.database, { host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('HOST'),
    })
  })

  it('stops completely with idle and half-open connections, and twice', async () => {
    const other = await runPanel(test.database)
    const idle = connect(other.port, '127.0.0.1')
    const half = connect(other.port, '127.0.0.1')
    const ended = [idle, half].map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.on('error', () => {})
          socket.on('close', () => resolve())
          socket.resume()
        }),
    )
    half.write(
      'POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    )
    await ask(other, '/api/health')
    await Promise.all([other.stop(), other.stop()])
    await other.stop()
    await Promise.all(ended)
    await expect(fetch(`${other.url}/api/health`)).rejects.toThrow()
  })

  it('lets an answer under way finish', async () => {
    const asked = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const other = await runPanel(test.database, {
      hasher: {
        hash: async () => '',
        verify: async () => {
          asked.resolve()
          await gate.promise
          return false
        },
      },
    })
    const answer = ask(other, '/api/login', { body: { username: 'rosa', password: 'whatever else' } })
    await asked.promise
    const stopped = other.stop()
    gate.resolve()
    expect((await answer).status).toBe(401)
    await stopped
  })
})
