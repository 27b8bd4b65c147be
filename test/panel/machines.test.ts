import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Database } from '../../db/database.ts'
import { parseSettings } from '../../domain/settings.ts'
import type { PanelOptions } from '../../panel/api/start-panel.ts'
import { Metrics, metricLabels } from '../../runtime/metrics.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { parseScrape, type Scrape, valueOf } from '../support/scrape.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { ask, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let base: TestDatabase
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  base = await createTestDatabase()
  await base.database.query(`insert into server (name) values ('server1'), ('server2')`)
  await base.database.query(`insert into tenant (id, name) values ('agent:secret-shop', 'Secret Shop')`)
  await base.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by, state)
     select 'bot-' || n, case when n % 2 = 0 then 'master' else 'agent:secret-shop' end, 'whatsapp', 'Name ' || n,
       '+4916' || 10000000 + n, case when n <= 500 then 'server1' else 'server2' end, 'test',
       case when n % 10 = 0 then 'backoff' else 'running' end
     from generate_series(1, 510) as n`,
  )
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => base.drop())

/** A panel beside a supervisor that is well. */
async function run(options: Partial<PanelOptions> = {}): Promise<RunningPanel & { metrics: Metrics }> {
  const metrics = new Metrics({ server: 'server1', version: '9.8.7' })
  metrics.ran('reconcile', 3, true)
  metrics.leaseRenewed()
  const panel = await runPanel(base.database, { metrics, databaseUrl: base.url, ...options })
  closers.push(() => panel.stop())
  return { ...panel, metrics }
}

async function scrape(panel: RunningPanel): Promise<Scrape> {
  const response = await fetch(panel.metricsUrl)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseScrape(await response.text())
}

describe('metrics', () => {
  it('have names and labels of a fixed list, whatever the fleet holds, and name no tenant, person or bot', async () => {
    const panel = await run()
    panel.metrics.restarted('telegram', 'hung')
    panel.metrics.spawned('telegram', 40)
    panel.metrics.becameReady('telegram', 300)
    panel.metrics.usage('bot-1', { cpuMs: 5000, memoryBytes: 1000 })
    await ask(panel, '/api/instances/bot-1')
    await ask(panel, '/no/such/path/secret-shop')
    await ask(panel, '/api/health', { method: 'PROPFIND' })
    const { samples, types } = await scrape(panel)
    const allowed = new Set<string>([...metricLabels, 'le'])
    for (const { name, labels } of samples) {
      expect(name).toMatch(/^botfleet_[a-z][a-z0-9_]*$/)
      expect(types.has(name.replace(/_(bucket|sum|count)$/, '')) || types.has(name), name).toBe(true)
      for (const [label, value] of Object.entries(labels)) {
        expect(allowed, name).toContain(label)
        expect(value).not.toMatch(/secret|shop|Name|bot-/i)
      }
    }
    for (const [name, type] of types) if (type === 'counter') expect(name).toMatch(/_total$/)
    expect(valueOf({ samples, types }, 'botfleet_http_request_duration_seconds_count', { route: 'none' })).toBe(1)
    expect(valueOf({ samples, types }, 'botfleet_http_request_duration_seconds_count', { method: 'OTHER' })).toBe(1)
  })

  it('count the bots of this server by platform and state', async () => {
    const got = await scrape(await run())
    const bots = (state: string) => valueOf(got, 'botfleet_bots', { server: 'server1', platform: 'whatsapp', state })
    expect(bots('running')).toBe(450)
    expect(bots('backoff')).toBe(50)
    expect(got.samples.some(({ labels }) => labels['server'] === 'server2')).toBe(false)
    expect(valueOf(got, 'botfleet_database_up')).toBe(1)
    expect(valueOf(got, 'botfleet_build_info', { version: '9.8.7' })).toBe(1)
  })

  it('say how late what is due is, and what waits to be sent', async () => {
    await base.database.query(
      `update instance set status = 'approved', approved_at = now() - interval '31 days', duration_months = 1,
         expires_at = now() - interval '90 seconds' where id = 'bot-7'`,
    )
    await base.database.query(
      `insert into outbox_message (tenant_id, platform, chat_id, kind, reference, not_before)
       values ('master', 'telegram', '1', 'test', 'x', now() - interval '30 seconds')`,
    )
    const got = await scrape(await run())
    expect(valueOf(got, 'botfleet_expiry_lag_seconds')).toBeGreaterThan(89)
    expect(valueOf(got, 'botfleet_ledger_maturity_lag_seconds')).toBe(0)
    expect(valueOf(got, 'botfleet_outbox_pending', { topic: 'test' })).toBe(1)
    expect(valueOf(got, 'botfleet_outbox_oldest_age_seconds', { topic: 'test' })).toBeGreaterThan(29)
  })

  it('count requests by the template of their route, and who was not let in', async () => {
    const panel = await run()
    await addPerson(base.database, 'the-viewer', 'viewer')
    const token = await tokenOf(panel, 'the-viewer')
    await ask(panel, '/api/login', { body: { username: 'the-viewer', password: 'wrong-password' } })
    await ask(panel, '/api/instances/bot-1', { headers: { authorization: `Bearer ${token}` } })
    await ask(panel, '/api/instances/bot-1')
    await ask(panel, '/api/instances/bot-1/logs', { headers: { authorization: `Bearer ${token}` } })
    const got = await scrape(panel)
    const requests = (labels: Record<string, string>) =>
      valueOf(got, 'botfleet_http_request_duration_seconds_count', labels)
    expect(requests({ method: 'GET', route: '/api/instances/:id', status: '2xx' })).toBe(1)
    expect(requests({ method: 'POST', route: '/api/login', status: '4xx' })).toBe(1)
    for (const kind of ['sign_in', 'session', 'permission']) {
      expect(valueOf(got, 'botfleet_auth_failures_total', { kind }), kind).toBe(1)
    }
  })

  it('do not wait for a database that says nothing', async () => {
    const { proxy, url } = await TcpProxy.toDatabase(base.url)
    const patient = { queryTimeoutMs: 300_000, connectTimeoutMs: 300_000 }
    const database = Database.open(url, { applicationName: 'botfleet test', ...patient })
    // A statement that waits ends with its connection.
    closers.push(
      () => database.close(),
      () => proxy.stop(),
    )
    const panel = await runPanel(database)
    closers.push(() => panel.stop())
    expect(valueOf(await scrape(panel), 'botfleet_database_up')).toBe(1)
    proxy.blackHole()
    expect(valueOf(await scrape(panel), 'botfleet_database_up')).toBe(0)
  })

  it('of each bot only where that is asked for, and only while it runs', async () => {
    const metrics = new Metrics({ server: 'server1', version: '1', perBot: true })
    metrics.usage('bot-1', { cpuMs: 2500, memoryBytes: 1000 })
    metrics.usage('bot-2', { cpuMs: 1, memoryBytes: 1 })
    metrics.keepBots(new Set(['bot-1']))
    metrics.usage('bot-1', { cpuMs: 3500, memoryBytes: 2000 })
    const got = parseScrape(await metrics.scrape({ poolWaiting: 0, eventStreams: 0 }, undefined))
    expect(valueOf(got, 'botfleet_bot_cpu_seconds_total', { bot_id: 'bot-1' })).toBe(3.5)
    expect(valueOf(got, 'botfleet_bot_resident_memory_bytes', { bot_id: 'bot-1' })).toBe(2000)
    expect(valueOf(got, 'botfleet_bot_cpu_seconds_total', { bot_id: 'bot-2' })).toBeUndefined()
  })

  it('are for nobody beyond this machine: not through a proxy, not where a proxy stands, not under another name', async () => {
    const plain = await run()
    expect((await ask(plain, '/metrics')).status).toBe(200)
    for (const header of ['x-forwarded-for', 'x-forwarded-host', 'forwarded', 'via']) {
      expect((await ask(plain, '/metrics', { headers: { [header]: 'x' } })).status, header).toBe(404)
    }
    expect((await ask(plain, '/metrics', { headers: { host: 'rebound.example' } })).status).toBe(403)
    const shown = [
      { publicOrigins: ['https://panel.example'] },
      { trustedProxies: ['127.0.0.1'] },
      { host: '0.0.0.0', settings: parseSettings({ PLAIN_HTTP: '1' }) },
      { settings: parseSettings({ METRICS_PORT: '0' }) },
    ]
    for (const options of shown) {
      const panel = await run(options)
      expect((await ask(panel, '/metrics')).status, Object.keys(options)[0]).toBe(404)
      expect((await ask(panel, '/healthz')).status).toBe(200)
    }
  })

  it('have a port of their own where one is named, which shows nothing else', async () => {
    const panel = await run({ settings: parseSettings({ METRICS_PORT: '0' }) })
    expect(valueOf(await scrape(panel), 'botfleet_database_up')).toBe(1)
    const { origin } = new URL(panel.metricsUrl)
    expect(origin).not.toBe(panel.url)
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    expect((await fetch(`${origin}/api/health`)).status).toBe(404)
    expect((await fetch(`${origin}/metrics`, { method: 'POST' })).status).toBe(404)
    await panel.stop()
    await expect(fetch(`${origin}/healthz`)).rejects.toThrow()
  })

  it('that cannot be put together are an answer of 500 on their own port, and the end of nothing', async () => {
    const metrics = new Metrics({ server: 'server1', version: '1' })
    metrics.scrape = () => Promise.reject(new Error('no figures'))
    const panel = await run({ metrics, settings: parseSettings({ METRICS_PORT: '0' }) })
    expect((await fetch(panel.metricsUrl)).status).toBe(500)
    expect(panel.logged()).toContain('no figures')
  })
})

describe('healthz and readyz', () => {
  it('say yes while all is well, and nothing more', async () => {
    const panel = await run()
    expect(await ask(panel, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' })
    expect(await ask(panel, '/readyz')).toMatchObject({ status: 200, text: 'ready\n' })
  })

  it('a process without its database lives and is not ready, and its metrics say so', async () => {
    const { proxy, url } = await TcpProxy.toDatabase(base.url)
    closers.push(() => proxy.stop())
    const database = Database.open(url, {
      applicationName: 'botfleet test',
      queryTimeoutMs: 2000,
      connectTimeoutMs: 2000,
    })
    closers.push(() => database.close())
    const metrics = new Metrics({ server: 'server1', version: '1' })
    metrics.ran('reconcile', 1, true)
    const panel = await runPanel(database, { metrics })
    closers.push(() => panel.stop())
    expect((await ask(panel, '/readyz')).status).toBe(200)
    proxy.blackHole()
    expect(await ask(panel, '/readyz')).toMatchObject({ status: 503, text: 'not ready\n' })
    expect((await ask(panel, '/healthz')).status).toBe(200)
    const got = await scrape(panel)
    expect(valueOf(got, 'botfleet_database_up')).toBe(0)
    for (const name of ['expiry_lag_seconds', 'bots']) expect(valueOf(got, `botfleet_${name}`)).toBeUndefined()
    proxy.heal()
    await vi.waitFor(async () => expect((await ask(panel, '/readyz')).status).toBe(200), { timeout: 10_000 })
  })

  it('a server without its name, or whose loop has not run, is not ready', async () => {
    const nameless = await run({ vitals: () => ({ holdsLease: false }) })
    expect((await ask(nameless, '/readyz')).status).toBe(503)
    const still = await run({ metrics: new Metrics({ server: 'server1', version: '1' }) })
    expect((await ask(still, '/readyz')).status).toBe(503)
  })

  it('however many ask, one of them asks the database, and none waits for it', async () => {
    const panel = await run()
    const mayGoOn = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const lock = base.database.transaction(async (tx) => {
      await tx.query('lock table schema_migration in access exclusive mode')
      locked.resolve()
      await mayGoOn.promise
    })
    await locked.promise
    try {
      const asking = Promise.all(Array.from({ length: 20 }, () => ask(panel, '/readyz')))
      for (const { status } of await asking) expect(status).toBe(503)
      const { rows } = await base.database.query(
        `select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
      )
      expect(rows).toHaveLength(1)
    } finally {
      mayGoOn.resolve()
      await lock
    }
    await vi.waitFor(async () => expect((await ask(panel, '/readyz')).status).toBe(200))
  })

  it('a server whose schema is behind or ahead is not ready', async () => {
    await base.database.query(`insert into schema_migration (name, run_on) values ('9999_of_the_future', now())`)
    try {
      expect((await ask(await run(), '/readyz')).status).toBe(503)
    } finally {
      await base.database.query(`delete from schema_migration where name = '9999_of_the_future'`)
    }
  })
})
