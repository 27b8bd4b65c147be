import { rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InstanceView } from '../../domain/instance.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakeTelegram, startFakeTelegram } from './support/fake-telegram.ts'
import { makeHome, runCli } from './support/run-cli.ts'

const token = '1001:fake-token-for-tests'
const place = makeHome()
let database: TestDatabase
let telegram: FakeTelegram
let env: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase()
  telegram = await startFakeTelegram()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: database.url, TELEGRAM_API_ROOT: telegram.url }
})
afterAll(async () => {
  await telegram.close()
  await database.drop()
  place.remove()
})

const cli = (...parameters: string[]) => runCli(parameters, { env })

async function createBot(botToken: string, extra: readonly string[] = []): Promise<InstanceView> {
  telegram.tokens.set(botToken, `bot${botToken.split(':')[0]}_bot`)
  const run = await runCli(
    ['create', '--platform', 'telegram', '--name', 'Shop', '--token-file', '-', '--json', ...extra],
    { env, input: botToken },
  )
  expect(run.stderr + run.stdout).not.toContain(botToken)
  expect(run.code, run.stderr).toBe(0)
  return JSON.parse(run.stdout) as InstanceView
}

test('0: a bot goes through its whole life, and --json shows each step', async () => {
  const { id } = await createBot(token)
  const step = async (expected: Partial<InstanceView>, ...parameters: string[]) => {
    const run = await cli(...parameters, '--json')
    expect(run.code, run.stderr).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject(expected)
  }
  await step({ status: 'new', username: 'bot1001_bot', server_name: 'server1' }, 'show', id)
  await step({ status: 'approved', desired: 'running', duration_months: 3 }, 'approve', id, '--months', '3')
  await step({ desired: 'stopped' }, 'stop', id)
  await step({ desired: 'running' }, 'start', id, '--take-webhook')
  await step({ desired: 'running' }, 'restart', id)
  await step({ name: 'New name', rate_limit_rps: 2.5 }, 'edit', id, '--name', 'New name', '--rate-limit-rps', '2.5')
  await step(
    { placement: 'floating', max_concurrent_requests: 7 },
    'edit',
    id,
    '--placement',
    'floating',
    '--max-concurrent',
    '7',
  )
  await step({ status: 'suspended', suspended_reason: 'not paid' }, 'suspend', id, '--reason', 'not paid')
  await step({ status: 'approved' }, 'activate', id)
  await step({ status: 'expired' }, 'expire', id)
  await step({ status: 'approved', duration_months: 1 }, 'renew', id, '--months', '1')
  await step({ status: 'deleted', desired: 'stopped' }, 'delete', id, '--yes', '--wait')
  const audit = JSON.parse((await cli('audit', '--target', id, '--json')).stdout) as { action: string; actor: string }[]
  expect(audit).toHaveLength(12)
  for (const row of audit) expect(row.actor).toMatch(/^cli:.+@.+/)
  const filtered = JSON.parse(
    (await cli('audit', '--action', 'instance.renew', '--since', '1h', '--json')).stdout,
  ) as unknown[]
  expect(filtered).toHaveLength(1)
})

test('2: wrong words', async () => {
  const { id } = await createBot('1002:fake-token-for-tests')
  for (const parameters of [
    ['no-such-command'],
    ['approve', id, '--months', '4'],
    ['approve', id],
    ['approve'],
    ['list', '--nonsense'],
    ['list', '--status', 'wonderful'],
    ['list', '--expiring', 'soon'],
    ['edit', id],
    ['edit', id, '--rate-limit-rps', '31'],
    ['expire'],
    ['expire', id, '--due'],
    ['delete', id],
    ['logs', id, '-f', '--json'],
    ['logs', id, '-n', 'many'],
    ['create', '--platform', 'telegram', '--name', 'x'],
    ['create', '--platform', 'whatsapp', '--name', 'x'],
    ['create', '--platform', 'telegram', '--name', 'x', '--token-file', '/no/such/file'],
    ['user', 'create', 'ada', '--role', 'king'],
    ['server'],
    [],
  ]) {
    const run = await cli(...parameters)
    expect(run.code, `${parameters.join(' ')}\n${run.stderr}`).toBe(2)
    expect(run.stdout === '').toBe(!parameters.includes('--json'))
  }
})

test('2: a missing token names the flag', async () => {
  const run = await cli('create', '--platform', 'telegram', '--name', 'x')
  expect(run.stderr).toContain('--token-file')
  expect(run.stderr).not.toContain('BotFather')
})

test('2: a token that Telegram refuses, or that is none, is not stored and not repeated', async () => {
  for (const bad of ['1003:fake-token-nobody-knows', 'fake-token-without-colon', '']) {
    const run = await runCli(['create', '--platform', 'telegram', '--name', 'x', '--token-file', '-'], {
      env,
      input: bad,
    })
    expect(run.code, run.stderr).toBe(2)
    if (bad !== '') expect(run.stdout + run.stderr).not.toContain(bad)
  }
})

test('0: a token is stored unchecked when Telegram is not there, and it is said', async () => {
  const run = await runCli(['create', '--platform', 'telegram', '--name', 'x', '--token-file', '-'], {
    env: { ...env, TELEGRAM_API_ROOT: 'http://127.0.0.1:9' },
    input: '1004:fake-token-for-tests\n',
  })
  expect(run.code).toBe(0)
  expect(run.stdout).toMatch(/^bot-\w+\n$/)
  expect(run.stderr).toContain('cannot be reached')
  expect(run.stdout + run.stderr).not.toContain('fake-token')
})

test('3: unknown ids and names', async () => {
  for (const parameters of [
    ['show', 'bot-none'],
    ['approve', 'bot-none', '--months', '1'],
    ['stop', 'bot-none', '--wait'],
    ['events', 'bot-none'],
    ['logs', 'bot-none'],
    ['doctor', 'bot-none'],
    ['server', 'drain', 'server9'],
    ['user', 'disable', 'nobody'],
  ]) {
    const run = await cli(...parameters)
    expect(run.code, `${parameters.join(' ')}\n${run.stderr}`).toBe(3)
  }
})

test('5: a transition that is not possible says the status and what would work', async () => {
  const { id } = await createBot('1005:fake-token-for-tests')
  expect((await cli('renew', id, '--months', '1')).code).toBe(5)
  expect((await cli('approve', id, '--months', '1')).code).toBe(0)
  const twice = await cli('approve', id, '--months', '1')
  expect(twice.code).toBe(5)
  expect(twice.stderr).toContain(`${id} is approved`)
  await cli('expire', id)
  const started = await cli('start', id)
  expect(started.code).toBe(5)
  expect(started.stderr).toContain(`./botfleet renew ${id}`)
})

test('5: a bot that is registered already is refused under a new token as well', async () => {
  await createBot('1006:fake-token-for-tests')
  telegram.tokens.set('1006:fake-token-number-two', 'again_bot')
  const run = await runCli(['create', '--platform', 'telegram', '--name', 'x', '--token-file', '-'], {
    env,
    input: '1006:fake-token-number-two',
  })
  expect(run.code).toBe(5)
  expect(run.stderr).toContain('registered already')
})

test('5 and 0: set-token takes a new token of the same bot only', async () => {
  const { id } = await createBot('1007:fake-token-for-tests')
  telegram.tokens.set('1007:fake-token-number-two', 'same_bot')
  telegram.tokens.set('1008:fake-token-of-another', 'other_bot')
  const other = await runCli(['set-token', id, '--token-file', '-'], { env, input: '1008:fake-token-of-another' })
  expect(other.code).toBe(5)
  const same = await runCli(['set-token', id, '--token-file', '-', '--json'], {
    env,
    input: '1007:fake-token-number-two',
  })
  expect(same.code, same.stderr).toBe(0)
  expect(JSON.parse(same.stdout)).toMatchObject({ id, username: 'same_bot' })
  telegram.tokens.delete('1007:fake-token-for-tests')
  const doctor = await cli('doctor', id, '--json')
  expect(JSON.parse(doctor.stdout)).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ name: 'token', verdict: 'ok' })]) as unknown,
  })
})

test('6: doctor of a bot fails where a person is needed, and never shows the token', async () => {
  const { id } = await createBot('1009:fake-token-for-tests')
  telegram.webhooks.set('1009:fake-token-for-tests', 'https://elsewhere.test/hook/1009:fake-token-for-tests')
  const run = await cli('doctor', id)
  expect(run.code).toBe(6)
  expect(run.stdout).toContain(`./botfleet start ${id} --take-webhook`)
  expect(run.stdout + run.stderr).not.toContain('fake-token')
})

test('6: doctor says when the path of a socket would be too long, and what to do', async () => {
  const home = join(place.home, 'x'.repeat(100))
  const run = await runCli(['doctor', '--json'], { env: { ...env, BOTFLEET_HOME: home } })
  expect(run.code).toBe(6)
  const { checks } = JSON.parse(run.stdout) as { checks: { name: string; verdict: string; todo?: string }[] }
  expect(checks.find(({ name }) => name === 'socket path')).toMatchObject({
    verdict: 'fail',
    todo: 'set BOTFLEET_HOME to a shorter path',
  })
})

test('6: an unreachable database is reported within 5 seconds', async () => {
  const refused = await runCli(['list'], { env: { ...env, DATABASE_URL: 'postgres://x:y@127.0.0.1:9/x' } })
  expect(refused.code).toBe(6)
  expect(refused.elapsedMs).toBeLessThan(5000)

  // Accepts the connection and never says a word.
  const hole = createServer(() => {})
  await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve))
  const { port } = hole.address() as AddressInfo
  try {
    const url = `postgres://x:y@127.0.0.1:${port}/x`
    for (const command of [['list'], ['migrate'], ['doctor', 'bot-none']]) {
      const silent = await runCli([...command, '--json'], { env: { ...env, DATABASE_URL: url } })
      expect(silent.code, silent.stderr).toBe(6)
      expect(silent.elapsedMs).toBeLessThan(5000)
      expect(silent.stdout + silent.stderr).not.toContain('x:y@')
    }
  } finally {
    hole.close()
  }
})

test('6: a database without the schema names migrate, which is then safe to repeat', async () => {
  const empty = await createTestDatabase({ migrated: false })
  try {
    const own = { env: { ...env, DATABASE_URL: empty.url } }
    const before = await runCli(['list'], own)
    expect(before.code).toBe(6)
    expect(before.stderr).toContain('./botfleet migrate')
    expect(JSON.parse((await runCli(['migrate', 'status', '--json'], own)).stdout)).toMatchObject({ verdict: 'behind' })
    const [one, two, three] = await Promise.all([
      runCli(['migrate'], own),
      runCli(['migrate'], own),
      runCli(['migrate'], own),
    ])
    expect([one.code, two.code, three.code]).toEqual([0, 0, 0])
    expect((await runCli(['list'], own)).code).toBe(0)
    expect(JSON.parse((await runCli(['migrate', '--json'], own)).stdout)).toEqual({ applied: [] })
  } finally {
    await empty.drop()
  }
})

test('5: a database with a newer schema is refused and not touched', async () => {
  const newer = await createTestDatabase()
  try {
    await newer.database.query(`insert into schema_migration (name, run_on) values ('9999_future', now())`)
    const own = { env: { ...env, DATABASE_URL: newer.url } }
    for (const command of ['list', 'migrate']) {
      const run = await runCli([command], own)
      expect(run.code, run.stderr).toBe(5)
      expect(run.stderr).toContain('9999_future')
    }
  } finally {
    await newer.drop()
  }
})

test('6: another key than the one the database was sealed with is refused', async () => {
  await createBot('1010:fake-token-for-tests')
  const key = (await cli('keygen')).stdout.trim()
  const run = await runCli(['create', '--platform', 'telegram', '--name', 'x', '--token-file', '-'], {
    env: { ...env, AGENT_TOKEN_AES_KEY: key },
    input: '1011:fake-token-for-tests',
  })
  expect(run.code).toBe(2)
  telegram.tokens.set('1011:fake-token-for-tests', 'eleven_bot')
  const checked = await runCli(['create', '--platform', 'telegram', '--name', 'x', '--token-file', '-'], {
    env: { ...env, AGENT_TOKEN_AES_KEY: key },
    input: '1011:fake-token-for-tests',
  })
  expect(checked.code).toBe(6)
  expect(checked.stderr).toContain('AGENT_TOKEN_AES_KEY')
  expect(checked.stderr).not.toContain(key)
})

test('0: key rotate seals everything anew, and the old key file may then go', async () => {
  const { id } = await createBot('1012:fake-token-for-tests')
  const rotated = await cli('key', 'rotate', '--json')
  expect(rotated.code, rotated.stderr).toBe(0)
  rmSync(join(place.home, 'keys', '0001.key'))
  const { rows } = await database.database.query<{ keys: number }>(
    'select count(distinct key_id)::int as keys from instance_credential',
  )
  expect(rows[0]?.keys).toBe(1)
  const doctor = await cli('doctor', id, '--json')
  expect(doctor.stdout).toContain('accepted by Telegram')
})

test('0: MTProto credentials are stored sealed', async () => {
  const file = join(place.folder, 'mtproto.json')
  const secret = 'fake-session-string-for-tests'
  writeFileSync(
    file,
    JSON.stringify({ api_id: 12345, api_hash: 'fake-hash', phone: '+1234567890', session_string: secret }),
  )
  const { id } = await createBot('1013:fake-token-for-tests', ['--mtproto-file', file])
  const { rows } = await database.database.query<{ sealed: string }>(
    `select sealed from instance_credential where instance_id = $1 and kind = 'mtproto'`,
    [id],
  )
  expect(rows[0]?.sealed).toMatch(/^v1\./)
  expect(rows[0]?.sealed).not.toContain(secret)
  writeFileSync(file, '{"api_id": "x"}')
  const bad = await cli(
    'create',
    '--platform',
    'whatsapp',
    '--name',
    'x',
    '--phone',
    '+1234567891',
    '--mtproto-file',
    file,
  )
  expect(bad.code).toBe(2)
})

test('0: people can be added, changed, linked and shut out', async () => {
  const withPassword = (...parameters: string[]) => runCli(parameters, { env, input: 'a long sentence for tests' })
  expect((await withPassword('user', 'create', 'ada', '--role', 'owner', '--password-file', '-')).code).toBe(0)
  expect((await withPassword('user', 'create', 'bob', '--role', 'viewer', '--password-file', '-')).code).toBe(0)
  expect((await withPassword('user', 'password', 'bob', '--password-file', '-')).code).toBe(0)
  expect((await cli('user', 'role', 'bob', 'operator')).code).toBe(0)
  const link = await cli('user', 'link', 'bob')
  expect(link.stdout).toMatch(/^\/start link-[\w-]{20,}\n$/)
  expect((await cli('user', 'disable', 'bob')).code).toBe(0)
  expect((await cli('user', 'disable', 'ada')).code).toBe(5)
  expect(JSON.parse((await cli('user', 'list', '--json')).stdout)).toHaveLength(2)
})

test('a log of a bot of another server names that server', async () => {
  const { id } = await createBot('1014:fake-token-for-tests', ['--server', 'server2'])
  const run = await cli('logs', id)
  expect(run.code).toBe(6)
  expect(run.stderr).toContain('server2')
})
