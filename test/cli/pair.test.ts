/** `./botfleet pair` by its real binary; the test plays the server and the phone. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { qrLines } from '../../cli/render-pairing.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { sealRow } from '../../services/whatsapp/sealing.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeHome, runCli } from './support/run-cli.ts'

const key = randomBytes(32)
const keyring = makeKeyring([key])
const place = makeHome()
let db: TestDatabase
let env: Record<string, string>
beforeAll(async () => {
  db = await createTestDatabase()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: db.url, AGENT_TOKEN_AES_KEY: key.toString('base64') }
  await db.database.query(
    `insert into server (name, holder, lease_until) values ('server1', 'test', now() + interval '5 minutes'), ('dead', null, null)`,
  )
})
afterAll(async () => {
  await db.drop()
  place.remove()
})

let count = 0
async function insertBot(
  row: { status?: string; platform?: string; server?: string; desired?: string } = {},
): Promise<string> {
  count += 1
  const id = `bot-pair${count}`
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, status, desired, approved_at, expires_at,
       created_by)
     values ($1, 'master', $2, $1, $3, $4, $5, $6, case when $5 <> 'new' then now() end,
       case when $5 <> 'new' then now() + interval '9 days' end, 'test')`,
    [
      id,
      row.platform ?? 'whatsapp',
      `+49170123${1000 + count}`,
      row.server ?? 'server1',
      row.status ?? 'new',
      row.desired ?? 'stopped',
    ],
  )
  return id
}

async function requestOf(id: string): Promise<number> {
  const { rows } = await db.database.query<{ id: number }>('select max(id) as id from pairing where instance_id = $1', [
    id,
  ])
  return rows[0]?.id ?? 0
}

/** WhatsApp accepts: a code, or what the QR code says. */
async function show(id: string, text: string): Promise<void> {
  const number = await requestOf(id)
  await db.database.query(
    `update pairing set step = 'shown', key_id = $2, sealed = $3, issued_at = now() - interval '3 seconds',
       expires_at = now() + interval '150 seconds' where id = $1`,
    [number, keyring.activeKeyId, sealRow(keyring, { table: 'pairing', instanceId: id, row: String(number) }, text)],
  )
}

const step = async (id: string, becomes: string, more = '') =>
  db.database.query(`update pairing set step = $2 ${more} where id = $1`, [await requestOf(id), becomes])

/** Does the next thing as soon as the command has said what comes before it. */
function playing(script: readonly (readonly [says: string, then: () => Promise<unknown>])[]) {
  let at = 0
  return (text: string) => {
    const next = script[at]
    if (next === undefined || !text.includes(next[0])) return
    at += 1
    void next[1]()
  }
}

test('a code is shown once WhatsApp has accepted it, with its age, its end and what to tap; linked is success', async () => {
  const id = await insertBot()
  const run = await runCli(['pair', id], {
    env,
    onOutput: playing([
      [id, () => show(id, 'ABCD2345')],
      ['ABCD-2345', () => step(id, 'linked')],
    ]),
  })
  expect(run.code, run.stderr).toBe(0)
  expect(run.stdout).toContain('ABCD-2345\n')
  expect(run.stdout).toContain(`${id} is linked to +49170123`)
  expect(run.stdout).toContain(`./botfleet approve ${id} --months 1`)
  expect(run.stderr).toMatch(/Linked devices > Link a device/)
  expect(run.stderr).toMatch(/Given \ds ago; it counts until .*, for 2m \d+s more/)
})

test('--qr draws what can be scanned, and another one when it changes', async () => {
  const id = await insertBot()
  const run = await runCli(['pair', id, '--qr'], {
    env,
    onOutput: playing([
      [id, () => show(id, '2@first')],
      ['scan this code', () => show(id, '2@second')],
      [qrLines('2@second')[5] ?? 'nothing', () => step(id, 'linked')],
    ]),
  })
  expect(run.code, run.stderr).toBe(0)
  expect(run.stdout).toContain(qrLines('2@first').join('\n'))
  expect(run.stdout).toContain(qrLines('2@second').join('\n'))
})

test('--json ends with the code, its time of issue and its end, as one document', async () => {
  const id = await insertBot()
  const run = await runCli(['pair', id, '--json'], { env, onOutput: playing([[id, () => show(id, 'ABCD2345')]]) })
  expect(run.code, run.stderr).toBe(0)
  const shown = JSON.parse(run.stdout) as Record<string, unknown>
  expect(shown).toMatchObject({
    instance: id,
    step: 'shown',
    code: 'ABCD-2345',
    qr: null,
    issued_at: expect.stringMatching(/Z$/),
    expires_at: expect.stringMatching(/Z$/),
  })
  const again = await runCli(['pair', id, '--json'], { env })
  expect(JSON.parse(again.stdout)).toEqual(shown)
})

test('--no-wait asks and says so', async () => {
  const id = await insertBot()
  const run = await runCli(['pair', id, '--no-wait'], { env })
  expect(run.code, run.stderr).toBe(0)
  expect(run.stdout).toContain('a request to pair waits for its worker')
  const json = await runCli(['pair', id, '--no-wait', '--json'], { env })
  expect(JSON.parse(json.stdout)).toMatchObject({ step: 'requested', code: null })
})

test('5: a refusal is a refusal, with its reason and when to try again', async () => {
  const id = await insertBot()
  const run = await runCli(['pair', id, '--json'], {
    env,
    onOutput: playing([
      [
        id,
        () =>
          step(id, 'refused', `, refusal = 429, reason = 'rate-overlimit', not_before = now() + interval '14 minutes'`),
      ],
    ]),
  })
  expect(run.code).toBe(5)
  expect(run.stderr).toMatch(/WhatsApp refused to pair .*: rate-overlimit \(429\); try again in 14 minutes/)
  expect(JSON.parse(run.stdout)).toMatchObject({
    error: { code: 'conflict', details: { pairing: { step: 'refused', refusal: 429 } } },
  })
  const soon = await runCli(['pair', id], { env })
  expect(soon.code).toBe(4)
  expect(soon.stderr).toContain('too often; try again in 14 min')
})

test('7: what nobody enters in time says so, and --timeout leaves the request to its end', async () => {
  const id = await insertBot()
  const impatient = await runCli(['pair', id, '--timeout', '0.5'], { env })
  expect(impatient.code).toBe(7)
  expect(impatient.stderr).toContain('the request stands')
  const run = await runCli(['pair', id], {
    env,
    onOutput: playing([
      [id, () => show(id, 'ABCD2345')],
      ['ABCD-2345', () => step(id, 'expired', `, reason = 'nobody entered the code'`)],
    ]),
  })
  expect(run.code).toBe(7)
  expect(run.stderr).toContain('ended without a link: nobody entered the code')
})

test('130: Ctrl-C leaves the request to its deadline and says how to follow it again', async () => {
  const id = await insertBot()
  let isKilled = false
  const run = await runCli(['pair', id], {
    env,
    onOutput: (text, child) => {
      if (isKilled || !text.includes(id)) return
      isKilled = true
      child.kill('SIGINT')
    },
  })
  expect(run.code).toBe(130)
  expect(run.stderr).toContain('The request goes on to its end.')
  expect(run.stderr).toContain(`./botfleet pair ${id} follows it again`)
  const { rows } = await db.database.query('select step from pairing where instance_id = $1', [id])
  expect(rows).toEqual([{ step: 'requested' }])
})

test('2, 3, 5: a Telegram bot, none at all, a suspended one and one that is linked are refused', async () => {
  const telegram = await insertBot({ platform: 'telegram' })
  expect((await runCli(['pair', telegram], { env })).code).toBe(2)
  expect((await runCli(['pair', 'bot-none'], { env })).code).toBe(3)
  const suspended = await insertBot({ status: 'suspended' })
  expect((await runCli(['pair', suspended], { env })).code).toBe(5)
  const linked = await insertBot()
  await db.database.query(
    `insert into whatsapp_session (instance_id, key_id, sealed, linked_at) values ($1, 'k', 'v1.box', now())`,
    [linked],
  )
  const run = await runCli(['pair', linked], { env })
  expect(run.code).toBe(5)
  expect(run.stderr).toContain('--new-device')
  expect((await runCli(['pair', linked, '--new-device', '--no-wait'], { env })).code).toBe(0)
})

test('the worker of before that says only now that its device was unlinked does not end the wait', async () => {
  const id = await insertBot({ status: 'approved', desired: 'running' })
  const unlinked = `update instance set state = 'logged_out', last_error = 'unlinked (401)' where id = $1`
  const run = await runCli(['pair', id], {
    env,
    onOutput: playing([
      [id, () => db.database.query(unlinked, [id])],
      ['unlinked (401)', () => show(id, 'ABCD2345')],
      ['ABCD-2345', () => step(id, 'linked')],
    ]),
  })
  expect(run.code, run.stderr).toBe(0)
})

test('5: a server that cannot do it ends the wait', async () => {
  const id = await insertBot()
  const run = await runCli(['pair', id], {
    env,
    onOutput: playing([
      [
        id,
        () =>
          db.database.query(
            `update instance set state = 'failed', last_error = 'no worker for whatsapp' where id = $1`,
            [id],
          ),
      ],
    ]),
  })
  expect(run.code).toBe(5)
  expect(run.stderr).toContain('no worker for whatsapp')
})

test('without its server a note says that nobody acts on it', async () => {
  const id = await insertBot({ server: 'dead' })
  expect((await runCli(['pair', id, '--no-wait'], { env })).stderr).toContain('no server named dead is running')
})

test('create takes a number however it is written, refuses what is none with an example, and the same one twice', async () => {
  const create = (phone: string) =>
    runCli(['create', '--platform', 'whatsapp', '--name', 'WA', '--phone', phone], { env })
  const first = await create('0098 (912) 345-67 89')
  expect(first.code, first.stderr).toBe(0)
  expect(first.stderr).toContain('./botfleet pair')
  const id = first.stdout.trim()
  expect((await runCli(['show', id], { env })).stdout).toContain('+989123456789')
  const wrong = await create('my number')
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toMatch(/for example \+\d+/)
  const twice = await create('+989123456789')
  expect(twice.code).toBe(5)
  expect(twice.stderr).toContain(id)
})

test('show and doctor say how the link is, and what to do about it; the code is in neither', async () => {
  const id = await insertBot({ status: 'approved', desired: 'running' })
  await db.database.query(
    `update instance set state = 'logged_out', last_error = 'unlinked on the phone' where id = $1`,
    [id],
  )
  const before = await runCli(['show', id], { env })
  expect(before.stdout).toContain('not linked to a phone')
  expect(before.stdout).toContain(`./botfleet pair ${id}`)
  await runCli(['pair', id, '--no-wait'], { env })
  await show(id, 'ABCD2345')
  for (const command of ['show', 'doctor']) {
    const run = await runCli([command, id], { env })
    expect(run.stdout).toContain('a code waits to be entered on the phone')
    expect(run.stdout).not.toContain('ABCD')
  }
  const json = await runCli(['show', id, '--json'], { env })
  expect(JSON.parse(json.stdout)).toMatchObject({ state: 'logged_out', pairing: { step: 'shown', code: null } })
  await step(id, 'linked')
  await db.database.query(
    `insert into whatsapp_session (instance_id, key_id, sealed, linked_at) values ($1, 'k', 'v1.box', now())`,
    [id],
  )
  expect((await runCli(['show', id], { env })).stdout).toContain('linked to its phone since')
})

test('what begins with ws:// and is not this machine is refused, and the setting is named', async () => {
  const run = await runCli(['list'], { env: { ...env, WHATSAPP_WS_URL: 'ws://wa.example/ws' } })
  expect(run.code).toBe(2)
  expect(run.stderr).toContain('WHATSAPP_WS_URL: must begin with wss://')
})

test('delete says where the device stays in the list of the phone, because nobody runs who could log it out', async () => {
  const link = (id: string) =>
    db.database.query(
      `insert into whatsapp_session (instance_id, key_id, sealed, linked_at) values ($1, 'k', 'v1.box', now())`,
      [id],
    )
  const [idle, held, unlinked] = [await insertBot(), await insertBot(), await insertBot()]
  await link(idle)
  await link(held)
  await db.database.query(
    `update instance_lease set phase = 'held', process = '11111111-1111-1111-1111-111111111111/4026531836/77/88' where instance_id = $1`,
    [held],
  )
  expect((await runCli(['delete', idle, '--yes'], { env })).stderr).toContain('remove it there: WhatsApp > Settings')
  for (const id of [held, unlinked]) {
    expect((await runCli(['delete', id, '--yes'], { env })).stderr).not.toContain('remove it there')
  }
})
