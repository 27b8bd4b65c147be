import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeHome, runCli } from './support/run-cli.ts'

const place = makeHome()
let database: TestDatabase
let env: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: database.url }
  await database.database.query(
    `insert into server (name, holder, lease_until) values ('server1', 'test', now() + interval '5 minutes'), ('dead', null, null)`,
  )
})
afterAll(async () => {
  await database.drop()
  place.remove()
})

let count = 0
async function insertBot(row: { state?: string; desired?: string; server?: string } = {}): Promise<string> {
  count += 1
  const id = `bot-wait${count}`
  await database.database.query(
    `insert into instance (id, tenant_id, platform, name, server_name, status, desired, state, approved_at, expires_at, created_by)
     values ($1, 'master', 'telegram', $1, $2, 'approved', $3, $4, now(), now() + interval '9 days', 'test')`,
    [id, row.server ?? 'server1', row.desired ?? 'stopped', row.state ?? 'stopped'],
  )
  return id
}

const observe = (id: string, state: string, more = '') =>
  database.database.query(`update instance set state = $2 ${more} where id = $1`, [id, state])

/** Plays the orchestrator: as soon as the command has said what it sees, the next state is observed. */
function playing(id: string, script: readonly (readonly [sees: string, state: string, more?: string])[]) {
  let step = 0
  return (text: string) => {
    const next = script[step]
    if (next === undefined || !text.includes(next[0])) return
    step += 1
    void observe(id, next[1], next[2])
  }
}

test('start --wait follows the states until the bot runs', async () => {
  const id = await insertBot()
  const run = await runCli(['start', id, '--wait'], {
    env,
    onOutput: playing(id, [
      [`${id}: waiting`, 'starting'],
      [`${id}: starting`, 'connecting'],
      [`${id}: connecting`, 'running'],
    ]),
  })
  expect(run.code, run.stderr).toBe(0)
  expect(run.stderr.trim().split('\n')).toEqual([
    `${id}: waiting`,
    `${id}: starting`,
    `${id}: connecting`,
    `${id}: running`,
  ])
})

test('stop --wait ends when nothing of the bot runs, with one JSON document', async () => {
  const id = await insertBot({ state: 'running', desired: 'running' })
  const run = await runCli(['stop', id, '--wait', '--json'], {
    env,
    onOutput: playing(id, [[`${id}: stopping`, 'stopped']]),
  })
  expect(run.code, run.stderr).toBe(0)
  expect(JSON.parse(run.stdout)).toMatchObject({ id, state: 'stopped', desired: 'stopped' })
})

test('restart --wait is not satisfied by the worker that ran before', async () => {
  const id = await insertBot({ state: 'running', desired: 'running' })
  const old = await runCli(['restart', id, '--wait', '--timeout', '1'], { env })
  expect(old.code).toBe(7)
  const run = await runCli(['restart', id, '--wait'], {
    env,
    onOutput: (text) => {
      if (text.includes(`${id}: running`)) {
        void database.database.query('update instance_lease set epoch = epoch + 1 where instance_id = $1', [id])
      }
    },
  })
  expect(run.code, run.stderr).toBe(0)
})

test('7: a wait that is too long says what was last seen', async () => {
  const id = await insertBot()
  await observe(id, 'backoff', `, last_error = 'no network'`)
  const run = await runCli(['start', id, '--wait', '--timeout', '0.5', '--json'], { env })
  expect(run.code).toBe(7)
  expect(run.stderr).toContain('last seen: backoff (no network)')
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'wait_timeout', details: { bot: { id } } } })
})

test('5: a wait ends early when the bot comes to need a person', async () => {
  for (const state of ['token_invalid', 'conflict', 'failed', 'restricted']) {
    const id = await insertBot()
    const run = await runCli(['start', id, '--wait'], { env, onOutput: playing(id, [[`${id}: waiting`, state]]) })
    expect(run.code, run.stderr).toBe(5)
    expect(run.stderr).toContain(`${id} is ${state}`)
    expect(run.elapsedMs).toBeLessThan(30_000)
  }
})

test('a trouble from before the change is not taken for the answer to it', async () => {
  const id = await insertBot({ state: 'token_invalid', desired: 'running' })
  const run = await runCli(['start', id, '--wait'], {
    env,
    onOutput: playing(id, [
      [`${id}: token_invalid`, 'starting'],
      [`${id}: starting`, 'running'],
    ]),
  })
  expect(run.code, run.stderr).toBe(0)
})

test('a conflict that is still being retried is waited for', async () => {
  const id = await insertBot()
  const run = await runCli(['start', id, '--wait'], {
    env,
    onOutput: playing(id, [
      [`${id}: waiting`, 'conflict', `, next_try_at = now() + interval '5 seconds'`],
      [`${id}: conflict`, 'running', ', next_try_at = null'],
    ]),
  })
  expect(run.code, run.stderr).toBe(0)
})

test('5: a wait ends when somebody else stops the bot', async () => {
  const id = await insertBot()
  let stopped = false
  const run = await runCli(['start', id, '--wait'], {
    env,
    onOutput: (text) => {
      if (stopped || !text.includes(`${id}: waiting`)) return
      stopped = true
      void database.database.query(`update instance set desired = 'stopped' where id = $1`, [id])
    },
  })
  expect(run.code, run.stderr).toBe(5)
  expect(run.stderr).toContain('it was stopped')
})

test('130: Ctrl-C ends a wait, and the wish stands', async () => {
  const id = await insertBot()
  const run = await runCli(['start', id, '--wait'], {
    env,
    onOutput: (text, child) => {
      if (text.includes(`${id}: waiting`)) child.kill('SIGINT')
    },
  })
  expect(run.code, run.stderr).toBe(130)
  const { rows } = await database.database.query('select desired from instance where id = $1', [id])
  expect(rows).toEqual([{ desired: 'running' }])
})

test('without a live server the wish is written and a note says that nobody acts on it', async () => {
  const id = await insertBot({ server: 'dead' })
  const run = await runCli(['start', id], { env })
  expect(run.code).toBe(0)
  expect(run.stderr).toContain('no server named dead is running')
  const live = await runCli(['start', await insertBot()], { env })
  expect(live.stderr).toBe('')
})

test('expire --due expires what is due and nothing else', async () => {
  const due = await insertBot()
  const other = await insertBot()
  await database.database.query(`update instance set expires_at = now() - interval '1 minute' where id = $1`, [due])
  const run = await runCli(['expire', '--due', '--wait', '--json'], { env })
  expect(run.code, run.stderr).toBe(0)
  expect(JSON.parse(run.stdout)).toEqual({ expired: [due] })
  expect((await runCli(['show', other], { env })).stdout).toContain('approved')
})
