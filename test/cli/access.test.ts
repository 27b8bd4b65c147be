import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiTokenView } from '../../domain/api-token.ts'
import type { AuditVerdict } from '../../domain/audit.ts'
import type { UserView } from '../../domain/user.ts'
import { findCaller } from '../../services/access/find-caller.ts'
import { logIn } from '../../services/log-in.ts'
import { addPerson, goodPassword, peopleKeyring } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { callCli, makeHome, runCli } from './support/run-cli.ts'

const place = makeHome()
let test: TestDatabase
let env: Record<string, string>
beforeAll(async () => {
  test = await createTestDatabase()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: test.url, COLUMNS: '80' }
  await addPerson(test.database, 'ann', 'operator')
  await addPerson(test.database, 'bob', 'viewer')
})
afterAll(async () => {
  await test.drop()
  place.remove()
})

const cli = (...parameters: string[]) => callCli(parameters, { env, cwd: place.folder })

async function json<T>(...parameters: string[]): Promise<T> {
  const run = await cli(...parameters, '--json')
  expect(run.code, run.stderr).toBe(0)
  return JSON.parse(run.stdout) as T
}

const enter = (username: string) =>
  logIn(test.database, { username, password: goodPassword, address: '192.0.2.1', keyring: () => peopleKeyring })

describe('token', () => {
  it('create prints the token alone on stdout, and it works', async () => {
    const run = await runCli(['token', 'create', 'ann', '--name', 'nightly report', '--expires', '90d'], { env })
    expect(run.code, run.stderr).toBe(0)
    expect(run.stdout).toMatch(/^bfl_[a-z2-7]{8}_[\w-]{43}\n$/)
    expect(run.stderr).not.toContain(run.stdout.trim())
    const session = await findCaller(test.database, { token: run.stdout.trim(), source: 'api:192.0.2.1' })
    expect(session).toMatchObject({ username: 'ann', expiresAt: expect.stringMatching(/Z$/) })
  })

  it('create takes scopes, as many as one likes', async () => {
    const made = await json<ApiTokenView & { token: string }>(
      'token',
      'create',
      'ann',
      '--name',
      'ci',
      '--scope',
      'instance.read',
      'instance.approve',
    )
    expect(made).toMatchObject({ username: 'ann', scopes: ['instance.read', 'instance.approve'], expires_at: null })
    expect(made.token).toContain(made.id)
    expect((await cli('token', 'create', 'ann', '--name', 'x', '--scope', 'everything')).code).toBe(2)
    expect((await cli('token', 'create', 'nobody', '--name', 'x')).code).toBe(3)
  })

  it('list shows no secret and fits 80 columns; revoke takes an id or the text', async () => {
    const { token, id } = await json<ApiTokenView & { token: string }>(
      'token',
      'create',
      'bob',
      '--name',
      'x'.repeat(90),
    )
    const shown = await cli('token', 'list', 'bob')
    expect(shown.stdout).toContain(id)
    expect(shown.stdout).not.toContain(token.slice(-43))
    for (const line of shown.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(await json<ApiTokenView>('token', 'revoke', token)).toMatchObject({ id, revoked_at: expect.any(String) })
    expect((await cli('token', 'revoke', id)).code).toBe(5)
    expect((await cli('token', 'revoke', 'aaaaaaaa')).code).toBe(3)
    expect(await findCaller(test.database, { token, source: 'api' })).toBeUndefined()
    expect((await json<ApiTokenView[]>('token', 'list')).map((each) => each.username)).toContain('ann')
  })
})

describe('user', () => {
  it('sessions lists, end-sessions ends one or all', async () => {
    await enter('ann')
    await enter('ann')
    await enter('bob')
    const [first] = await json<{ id: string }[]>('user', 'sessions', 'ann')
    const table = await cli('user', 'sessions', 'ann')
    expect(table.stdout).toContain(first?.id)
    for (const line of table.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect((await cli('user', 'end-sessions', 'bob', '--session', first?.id ?? '')).code).toBe(3)
    expect(await json('user', 'end-sessions', 'ann', '--session', first?.id ?? '')).toMatchObject({ sessions_ended: 1 })
    expect(await json('user', 'end-sessions', 'ann')).toEqual({ username: 'ann', sessions_ended: 1 })
    expect(await json('user', 'sessions', 'ann')).toEqual([])
    expect(await json('user', 'sessions', 'bob')).toHaveLength(1)
  })

  it('unlock, reset-second-factor, disable and enable', async () => {
    expect(await json('user', 'unlock', 'bob')).toEqual({ username: 'bob', failures_forgotten: 0 })
    expect((await cli('user', 'reset-second-factor', 'bob')).code).toBe(3)
    expect(await json<UserView>('user', 'disable', 'bob')).toMatchObject({ disabled_at: expect.any(String) })
    expect(await json<UserView>('user', 'enable', 'bob')).toMatchObject({ disabled_at: null })
    expect((await cli('user', 'enable', 'bob')).code).toBe(5)
  })
})

describe('audit', () => {
  it('lists without its name and with it, and pages', async () => {
    const short = await json<{ id: number }[]>('audit', '--action', 'token.create')
    expect(short).toEqual(await json('audit', 'list', '--action', 'token.create'))
    expect(short.length).toBeGreaterThan(1)
    const rest = await json<{ id: number }[]>('audit', '--action', 'token.create', '--before', String(short[0]?.id))
    expect(rest).toEqual(short.slice(1))
    expect(await json('audit', '--from', '2000-01-01', '--until', '2000-12-31')).toEqual([])
    expect((await cli('audit', '--from', 'yesterday')).code).toBe(2)
    expect((await cli('audit', 'lst')).code).toBe(2)
  })

  it('verify says that all is well, with an anchor that fits later', async () => {
    const run = await cli('audit', 'verify')
    expect(run.code).toBe(0)
    const anchor = run.stdout.trim().split('\n').at(-1) ?? ''
    expect(anchor).toMatch(/^\d+:[0-9a-f]{64}$/)
    for (const line of run.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    await cli('user', 'unlock', 'bob')
    expect(await json<AuditVerdict>('audit', 'verify', '--anchor', anchor)).toMatchObject({ ok: true, findings: [] })
    expect((await cli('audit', 'verify', '--anchor', `1:${'0'.repeat(64)}`)).code).toBe(5)
    expect((await cli('audit', 'verify', '--anchor', 'nonsense')).code).toBe(2)
  })

  it('verify names what was changed and ends with 5, as one JSON document too', async () => {
    const tamper = (change: string) =>
      test.database.transaction(async (tx) => {
        await tx.query(`set local session_replication_role = 'replica'`)
        await tx.query(`update audit_log set actor = ${change} where id = 2`)
      })
    await tamper(`actor || '!'`)
    const run = await cli('audit', 'verify')
    expect(run.code).toBe(5)
    expect(run.stdout).toContain('changed    entry 2, place 2 of the chain')
    const document = await cli('audit', 'verify', '--json')
    expect(document.code).toBe(5)
    expect(JSON.parse(document.stdout)).toMatchObject({
      ok: false,
      findings: [{ kind: 'changed', position: 2, id: 2 }],
    })
    await tamper(`rtrim(actor, '!')`)
    expect((await cli('audit', 'verify')).code).toBe(0)
  })

  it('export writes a table or JSON lines, to stdout or a file that is its owner’s', async () => {
    const table = await cli('audit', 'export', '--action', 'token.create')
    const [titles, ...lines] = table.stdout.trimEnd().split('\r\n')
    expect(titles).toBe('id,at,actor,source,action,target_kind,target_id,target_name,tenant,details')
    expect(lines.length).toBeGreaterThan(1)
    const ids = (await json<{ id: number }[]>('audit', 'export', '--action', 'token.create')).map(({ id }) => id)
    expect(lines.map((line) => Number(line.split(',')[0]))).toEqual(ids)
    const path = join(place.folder, 'audit.jsonl')
    const words = ['audit', 'export', '--action', 'token.create', '--format', 'jsonl', '--output', path]
    expect(await json<{ bytes: number }>(...words)).toMatchObject({ file: path, format: 'jsonl' })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const written = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(written.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual(ids)
    expect((await cli(...words)).code).toBe(5)
    expect((await cli(...words, '--force')).code).toBe(0)
  })
})
