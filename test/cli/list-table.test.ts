import { afterAll, beforeAll, expect, test } from 'vitest'
import { textWidth } from '../../cli/text-width.ts'
import type { InstanceView } from '../../domain/instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeHome, runCli } from './support/run-cli.ts'

const place = makeHome()
let database: TestDatabase
let env: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: database.url }
  await database.database.query(`insert into tenant (id, name) values ('agent:ada', 'Ada')`)
  await database.database.query(`insert into server (name) values ('server1'), ('server2')`)
  await insert('bot-aaa111', { name: 'Main shop', state: 'running', state_age: '3 days 4 hours 10 seconds' })
  await insert('bot-bbb222', {
    name: '商店机器人 北京 上海 广州',
    state: 'backoff',
    restarts: 12,
    left: '40 hours 30 seconds',
  })
  await insert('bot-ccc333', { name: 'Evil\u001b[31m\u202ename', status: 'new', left: null })
  await insert('bot-ddd444', {
    name: 'An exceptionally long name of a shop',
    status: 'expired',
    left: '-1 day',
    server: 'server2',
  })
  await insert('bot-eee555', { name: 'e\u0301te\u0301 🛒', desired: 'stopped', tenant: 'agent:ada' })
  await insert('bot-fff666', { name: 'Nobody runs me' })
  await insert('bot-ggg777', { name: 'Revoked', state: 'token_invalid' })
  await database.database.query(`update instance_lease set phase = 'held' where instance_id = 'bot-aaa111'`)
  await database.database.query(
    `insert into instance_sample (instance_id, cpu_percent, memory_bytes) values ('bot-aaa111', 0.42, 64000000)`,
  )
})
afterAll(async () => {
  await database.drop()
  place.remove()
})

let inserted = 0
async function insert(
  id: string,
  row: Partial<{
    name: string
    status: string
    desired: string
    state: string
    state_age: string
    restarts: number
    left: string | null
    server: string
    tenant: string
  }>,
): Promise<void> {
  inserted += 1
  await database.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, status, desired, state, state_at, restarts,
       approved_at, expires_at, created_by, created_at)
     values ($1, $2, 'telegram', $3, $4, $5, $6, $7, now() - $8::interval, $9, now(), now() + $10::interval, 'test',
       now() - $11 * interval '1 hour')`,
    [
      id,
      row.tenant ?? 'master',
      row.name,
      row.server ?? 'server1',
      row.status ?? 'approved',
      row.desired ?? 'running',
      row.state ?? 'stopped',
      row.state_age ?? '10 seconds',
      row.restarts ?? 0,
      row.left === undefined ? '30 days 1 hour' : row.left,
      inserted,
    ],
  )
}

const listAt = async (columns: string) => {
  const run = await runCli(['list'], { env: { ...env, COLUMNS: columns } })
  expect(run.code, run.stderr).toBe(0)
  return run.stdout
}

test('at 80 columns the list shows what matters, newest first', async () => {
  expect(await listAt('80')).toMatchInlineSnapshot(`
    "ID          NAME                 STATE          UPTIME  RST    MEM   CPU    LEFT
    bot-aaa111  Main shop            running         3d 4h    0  61 MB  0.4%     30d
    bot-bbb222  商店机器人 北京 上…  backoff             -   12      -     -  1d 16h
    bot-ccc333  Evil\\u001b[31m\\u20…  new                 -    0      -     -       -
    bot-ddd444  An exceptionally l…  expired             -    0      -     -   ended
    bot-eee555  été 🛒               stopped             -    0      -     -     30d
    bot-fff666  Nobody runs me       waiting             -    0      -     -     30d
    bot-ggg777  Revoked              token_invalid       -    0      -     -     30d
    "
  `)
})

test('at 60 columns it leaves out the least important', async () => {
  expect(await listAt('60')).toMatchInlineSnapshot(`
    "ID          NAME               STATE          UPTIME    LEFT
    bot-aaa111  Main shop          running         3d 4h     30d
    bot-bbb222  商店机器人 北京 …  backoff             -  1d 16h
    bot-ccc333  Evil\\u001b[31m\\u…  new                 -       -
    bot-ddd444  An exceptionally…  expired             -   ended
    bot-eee555  été 🛒             stopped             -     30d
    bot-fff666  Nobody runs me     waiting             -     30d
    bot-ggg777  Revoked            token_invalid       -     30d
    "
  `)
})

test('at 120 columns it shows everything', async () => {
  expect(await listAt('120')).toMatchInlineSnapshot(`
    "ID          NAME                           STATE          UPTIME  RST    MEM   CPU    LEFT  SERVER   TENANT     PLATFORM
    bot-aaa111  Main shop                      running         3d 4h    0  61 MB  0.4%     30d  server1  master     telegram
    bot-bbb222  商店机器人 北京 上海 广州      backoff             -   12      -     -  1d 16h  server1  master     telegram
    bot-ccc333  Evil\\u001b[31m\\u202ename       new                 -    0      -     -       -  server1  master     telegram
    bot-ddd444  An exceptionally long name o…  expired             -    0      -     -   ended  server2  master     telegram
    bot-eee555  été 🛒                         stopped             -    0      -     -     30d  server1  agent:ada  telegram
    bot-fff666  Nobody runs me                 waiting             -    0      -     -     30d  server1  master     telegram
    bot-ggg777  Revoked                        token_invalid       -    0      -     -     30d  server1  master     telegram
    "
  `)
})

test.each(['40', '50', '60', '72', '80', '100', '120', '200'])('no line is wider than %s columns', async (columns) => {
  const lines = (await listAt(columns)).trimEnd().split('\n')
  expect(lines).toHaveLength(8)
  for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(Number(columns))
})

test('bots that wait for a server that is not there are noted on stderr', async () => {
  const run = await runCli(['list'], { env })
  expect(run.stderr).toBe(
    "Note: no server named server1 is running; it acts on this once './botfleet serve' runs there.\n",
  )
})

test('filters narrow the list, and an empty one says so on stderr', async () => {
  const ids = async (...parameters: string[]) => {
    const run = await runCli(['list', '--json', ...parameters], { env })
    return (JSON.parse(run.stdout) as InstanceView[]).map(({ id }) => id)
  }
  expect(await ids('--status', 'pending')).toEqual(['bot-ccc333'])
  expect(await ids('--status', 'paused')).toEqual(['bot-eee555'])
  expect(await ids('--server', 'server2')).toEqual(['bot-ddd444'])
  expect(await ids('--tenant', 'agent:ada')).toEqual(['bot-eee555'])
  expect(await ids('--expiring', '2d')).toEqual(['bot-bbb222'])
  const none = await runCli(['list', '--status', 'suspended'], { env })
  expect(none.stdout).toBe('')
  expect(none.stderr).toBe('No bot matches.\n')
})

test('times in JSON are UTC, and the same command at a terminal elsewhere shows its own zone', async () => {
  const json = await runCli(['show', 'bot-aaa111', '--json'], { env: { ...env, TZ: 'Asia/Tehran' } })
  expect((JSON.parse(json.stdout) as InstanceView).expires_at).toMatch(/T.*Z$/)
  const text = await runCli(['show', 'bot-aaa111'], { env: { ...env, TZ: 'Asia/Tehran' } })
  expect(text.stdout).toContain('GMT+3:30')
  expect(text.stdout).toContain('in 30 days')
})

test('servers are listed with the processor time and the memory of their running bots', async () => {
  const { stdout } = await runCli(['server', 'list'], { env: { ...env, COLUMNS: '120' } })
  expect(stdout).toMatchInlineSnapshot(`
    "SERVER   STATE   BOTS  RUNNING  TROUBLE   CPU    MEM  UPTIME  SPARE  VERSION  URL
    server1  down   5/100        1        2  0.4%  61 MB       -      -  -        -
    server2  down   0/100        0        0     -      -       -      -  -        -
    "
  `)
})
