import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sealRow } from '../../services/whatsapp/sealing.ts'
import { addPerson } from '../services/people/people-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ask, bearer, panelKeyring, type RunningPanel, runPanel, tokenOf } from './panel-fixture.ts'

let db: TestDatabase
let panel: RunningPanel
const tokens: Record<string, string> = {}
beforeAll(async () => {
  db = await createTestDatabase()
  panel = await runPanel(db.database)
  for (const role of ['operator', 'viewer', 'agent'] as const) {
    await addPerson(db.database, `the-${role}`, role)
    tokens[role] = await tokenOf(panel, `the-${role}`)
  }
  await db.database.query(`insert into server (name) values ('server1')`)
})
afterAll(async () => {
  await panel.stop()
  await db.drop()
})

let id: string
let number = 0
beforeEach(async () => {
  number += 1
  id = `bot-wa${number}`
  await db.database.query(
    `insert into instance (id, tenant_id, platform, name, phone_number, server_name, created_by)
     values ($1, 'agent:t1', 'whatsapp', 'WA', $2, 'server1', 'test')`,
    [id, `+4917012345${number}`],
  )
})

const headers = (who: string) => bearer(tokens[who] ?? '')
const look = (who = 'operator', bot = id) => ask(panel, `/api/instances/${bot}/pairing-code`, { headers: headers(who) })
const regenerate = (body?: unknown, who = 'operator', bot = id) =>
  ask(panel, `/api/instances/${bot}/regenerate-code`, { method: 'POST', headers: headers(who), body })

/** What WhatsApp's acceptance leads to. */
async function show(code: string): Promise<void> {
  const { rows } = await db.database.query<{ id: number }>('select max(id) as id from pairing')
  const row = { table: 'pairing', instanceId: id, row: String(rows[0]?.id) } as const
  await db.database.query(
    `update pairing set step = 'shown', key_id = $2, sealed = $3, issued_at = now(), expires_at = now() + interval '2 min'
     where id = $1`,
    [rows[0]?.id, panelKeyring.activeKeyId, sealRow(panelKeyring, row, code)],
  )
}

test('looking asks for nothing; asking answers before there is a code, and looking again shows it', async () => {
  expect((await look()).json).toMatchObject({
    success: true,
    step: 'none',
    pairing_code: null,
    linked: false,
    message: expect.stringContaining(`POST /api/instances/${id}/regenerate-code`),
  })
  const asked = await regenerate()
  expect(asked.status).toBe(202)
  expect(asked.json).toMatchObject({ success: true, step: 'requested', method: 'code', pairing_code: null, code: null })
  await show('ABCD2345')
  expect((await look()).json).toMatchObject({
    step: 'shown',
    pairing_code: 'ABCD-2345',
    code: 'ABCD-2345',
    expires_at: expect.stringMatching(/Z$/),
    message: expect.stringContaining('Linked devices'),
  })
  expect(panel.logged()).not.toContain('ABCD')
})

test('who may only look sees the step and no code; an agent pairs the bots of its own tenant', async () => {
  await regenerate({ method: 'qr' }, 'agent')
  await show('2@qr')
  expect((await look('viewer')).json).toMatchObject({
    step: 'shown',
    qr: null,
    message: expect.stringContaining('whoever may pair'),
  })
  expect((await look('agent')).json).toMatchObject({ step: 'shown', qr: '2@qr' })
})

test('asking again makes a new request, five times an hour, and then says when', async () => {
  for (let time = 0; time < 5; time += 1) expect((await regenerate()).status).toBe(202)
  const refused = await regenerate()
  expect(refused.status).toBe(429)
  expect(refused.json).toMatchObject({ code: 'too_many_attempts', because: 'too_often' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3500)
})

test('problems are documents as everywhere', async () => {
  expect(await look('operator', 'bot-none')).toMatchObject({ status: 404, json: { code: 'not_found' } })
  expect(await look('operator', 'No%20Bot')).toMatchObject({ status: 400, json: { code: 'usage' } })
  expect(await regenerate({ method: 'fax' })).toMatchObject({ status: 400, json: { code: 'usage' } })
  expect(await regenerate({ surprise: 1 })).toMatchObject({ status: 400 })
  await db.database.query(`update instance set status = 'suspended', suspended_reason = 'unpaid' where id = $1`, [id])
  expect(await regenerate()).toMatchObject({ status: 409, json: { code: 'conflict', status: 409 } })
})
