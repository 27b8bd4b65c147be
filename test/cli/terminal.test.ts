import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainedSettings } from '../../cli/dot-env-text.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgresIfUnused } from '../../db/embedded-postgres.ts'
import { parseSettings } from '../../domain/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { botfleet, makeHome, runCli } from './support/run-cli.ts'

/** util-linux's script, which gives a command a terminal. */
const terminal = '/usr/bin/script'
const place = makeHome()
let database: TestDatabase
let env: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: database.url, TELEGRAM_API_ROOT: 'http://127.0.0.1:9' }
  await database.database.query(`insert into server (name) values ('server1')`)
  await database.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, created_by) values ('bot-one', 'master', 'telegram', 'One', 'server1', 'test')`,
  )
})
afterAll(async () => {
  await database.drop()
  place.remove()
})

/** Runs a command on a terminal of 80 columns (util-linux script) and types what is given once it is asked for. */
function onTerminal(command: string, typed: readonly (readonly [asked: string, answer: string])[] = [], more = {}) {
  const child = spawn(terminal, ['-qec', `stty cols 80; ${command}`, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', HOME: place.folder, ...env, ...more },
    cwd: place.folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  let step = 0
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const next = typed[step]
    if (next === undefined || !text.includes(next[0])) return
    step += 1
    child.stdin.write(next[1])
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 40_000)
  return new Promise<{ code: number | null; text: string }>((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, text })
    })
  })
}

test('on a terminal the list has colours and fits 80 columns; NO_COLOR takes them away', async () => {
  const coloured = await onTerminal(`${botfleet} list`)
  expect(coloured.text).toContain('\u001b[36mnew')
  const plain = await onTerminal(`${botfleet} list`, [], { NO_COLOR: '1' })
  expect(plain.text).not.toContain('\u001b[')
  for (const line of plain.text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('on a terminal create asks for the token and never shows it', async () => {
  const run = await onTerminal(`${botfleet} create --platform telegram --name Two`, [
    ['Token from @BotFather', '2001:fake-token-for-tests\r'],
  ])
  expect(run.code, run.text).toBe(0)
  expect(run.text).toContain('bot-')
  expect(run.text).not.toContain('fake-token')
  expect(run.text).not.toContain('2001:')
})

test('Ctrl-C at the question ends with 130 and changes nothing', async () => {
  const run = await onTerminal(`${botfleet} create --platform telegram --name Three`, [
    ['Token from @BotFather', '\u0003'],
  ])
  expect(run.code, run.text).toBe(130)
  const { rows } = await database.database.query(`select 1 from instance where name = 'Three'`)
  expect(rows).toEqual([])
})

test('delete asks on a terminal, and only a yes deletes', async () => {
  const no = await onTerminal(`${botfleet} delete bot-one`, [['[y/N]', '\r']])
  expect(no.code, no.text).toBe(2)
  const yes = await onTerminal(`${botfleet} delete bot-one`, [['[y/N]', 'yes\r']])
  expect(yes.code, yes.text).toBe(0)
})

test('a new password is asked for twice, unseen', async () => {
  const differ = await onTerminal(`${botfleet} user create eve --role viewer`, [
    ['Password: ', 'a long sentence for tests\r'],
    ['The same again: ', 'another sentence for tests\r'],
  ])
  expect(differ.code, differ.text).toBe(2)
  const same = await onTerminal(`${botfleet} user create eve --role viewer`, [
    ['Password: ', 'a long sentence for tests\r'],
    ['The same again: ', 'a long sentence for tests\r'],
  ])
  expect(same.code, same.text).toBe(0)
  expect(same.text + differ.text).not.toContain('sentence')
})

test('a reader that goes away is no error', async () => {
  await database.database.query(
    `insert into audit_log (actor, source, action, target_kind, details)
     select 'test', 'test', 'test.fill', 'test', jsonb_build_object('text', repeat('x', 200)) from generate_series(1, 3000)`,
  )
  const run = await new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn('bash', ['--norc', '-c', `set -o pipefail; ${botfleet} audit --limit 3000 | head -1`], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => (out += String(chunk)))
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    child.once('close', (code) => resolve({ code, out, err }))
  })
  expect(run.err).toBe('')
  expect(run.out).toContain('ACTION')
  expect(run.code).toBe(0)
})

test('a full disk under stdout is an error', async () => {
  const run = await new Promise<{ code: number | null; err: string }>((resolve) => {
    const child = spawn('bash', ['--norc', '-c', `${botfleet} keygen > /dev/full`], {
      env: { PATH: process.env['PATH'] ?? '' },
    })
    let err = ''
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    child.once('close', (code) => resolve({ code, err }))
  })
  expect(run.code).toBe(1)
  expect(run.err).toContain('ENOSPC')
})

test('init writes a private .env that explains every setting, and never overwrites one', async () => {
  const file = join(place.folder, '.env')
  const own = { cwd: place.folder }
  expect((await runCli(['init'], own)).code).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const text = readFileSync(file, 'utf8')
  expect(parseEnv(text)).toEqual({})
  writeFileSync(file, 'PORT=9999\n', { mode: 0o644 })
  expect((await runCli(['init'], own)).code).toBe(5)
  expect(readFileSync(file, 'utf8')).toBe('PORT=9999\n')
  expect((await runCli(['init', '--force'], own)).code).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  rmSync(file)
  expect(explainedSettings.toSorted()).toEqual(expect.arrayContaining(Object.keys(parseSettings({})).toSorted()))
  // Uncommented as they stand, the examples are valid settings.
  expect(() => parseSettings(parseEnv(text.replaceAll(/^#(?=[A-Z_]+=)/gm, '')))).not.toThrow()
})

test('logs prints the end of a log, then what is added, until Ctrl-C', async () => {
  const { rows } = await database.database.query<{ id: string }>(`select id from instance where name = 'Two'`)
  const id = rows[0]?.id ?? ''
  const folder = join(place.home, 'logs', 'server1')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${id}.log`)
  const line = (msg: string) => `{"level":"warn","at":"2026-03-01T12:00:00.000Z","name":"w","msg":"${msg}","epoch":3}\n`
  writeFileSync(file, `${line('one')}${line('two')}plain \u001b[31mtext\n`)
  const tail = await runCli(['logs', id, '-n', '2'], { env: { ...env, TZ: 'UTC' } })
  expect(tail.stdout).toBe('2026-03-01 12:00:00 warn  two epoch=3\nplain \\u001b[31mtext\n')
  const json = await runCli(['logs', id, '--json'], { env })
  expect(JSON.parse(json.stdout)).toMatchObject({
    id,
    server: 'server1',
    lines: [{ msg: 'one' }, { msg: 'two' }, { text: /plain/ }],
  })
  let isAppended = false
  const followed = await runCli(['logs', id, '-f', '-n', '1'], {
    env,
    onOutput: (text, child) => {
      if (!isAppended && text.includes('plain')) {
        isAppended = true
        // Until the follower has come to its end, what is appended may still count as old.
        setTimeout(() => appendFileSync(file, line('three')), 500)
      }
      if (text.includes('three')) child.kill('SIGINT')
    },
  })
  expect(followed.code).toBe(130)
  expect(followed.stdout).toContain('warn  three')
})

test('6: a home that cannot be made is named', async () => {
  const file = join(place.folder, 'no-folder')
  writeFileSync(file, '')
  const run = await runCli(['list'], { env: { BOTFLEET_HOME: join(file, 'home') } })
  expect(run.code, run.stderr).toBe(6)
  expect(run.stderr).toContain(`${file}/home: part of the path is no folder`)
})

test('without DATABASE_URL a command brings its own Postgres and takes it away again', async () => {
  const own = makeHome()
  const embedded = { env: { BOTFLEET_HOME: own.home, TELEGRAM_API_ROOT: 'http://127.0.0.1:9' }, cwd: own.folder }
  try {
    const created = await runCli(['create', '--platform', 'telegram', '--name', 'x', '--token-file', '-'], {
      ...embedded,
      input: '3001:fake-token-for-tests',
    })
    expect(created.code, created.stderr).toBe(0)
    expect(statSync(own.home).mode & 0o066).toBe(0)
    expect(await stopEmbeddedPostgresIfUnused(own.home)).toBe(false)
    const several = await Promise.all([1, 2, 3].map(() => runCli(['list', '--json'], embedded)))
    for (const run of several) {
      expect(run.code, run.stderr).toBe(0)
      expect(JSON.parse(run.stdout)).toHaveLength(1)
    }
    const doctor = await runCli(['doctor', '--json'], embedded)
    const checks = (JSON.parse(doctor.stdout) as { checks: { name: string; verdict: string; detail: string }[] }).checks
    expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([])
    expect(existsSync(join(own.home, 'keys', '0001.key'))).toBe(true)
    expect(statSync(join(own.home, 'keys', '0001.key')).mode & 0o777).toBe(0o600)
  } finally {
    const { folder } = await ensureEmbeddedPostgres(own.home)
    await stopEmbeddedPostgresIfUnused(own.home)
    own.remove()
    rmSync(folder, { recursive: true, force: true })
  }
})
