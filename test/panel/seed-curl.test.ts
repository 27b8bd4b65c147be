/** The requests of the seeds as they stand there, sent by a client that knows of nothing newer, such as bare curl. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseSettings } from '../../domain/settings.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { address, earn, usdt } from '../services/money/money-fixture.ts'
import { addPerson, goodPassword } from '../services/people/people-fixture.ts'
import { createTestDatabase } from '../support/database.ts'
import { ask, type RunningPanel, runPanel } from './panel-fixture.ts'

interface SeedRequest {
  /** Of the checklist: the seed's number and the row. */
  readonly row: string
  readonly as: 'admin' | 'agent' | 'nobody'
  /** As the seed writes it; `{id}` is the bot of seed 004, `{user_id}` the agent's user, `<token>` a token. */
  readonly line: string
  readonly body?: unknown
  /** 200 when left out. */
  readonly status?: number
  /** What the seed shows of the answer. */
  readonly answer?: Readonly<Record<string, unknown>>
}

const anything = expect.anything()
const text = expect.any(String)
const number = expect.any(Number)
const link = { success: true, status: expect.stringMatching(/pending|active/), is_verified: true }

const requests: readonly SeedRequest[] = [
  {
    row: 'S4-037',
    as: 'nobody',
    line: 'GET /api/health',
    answer: { status: 'healthy', service: text, version: text, server: 'server1', timestamp: text },
  },
  {
    row: 'S4-069 S4-093',
    as: 'nobody',
    line: 'POST /api/login',
    body: { username: 'admin', password: 'admin123' },
    status: 401,
    answer: { detail: expect.stringMatching(/^Invalid credentials/) },
  },
  {
    row: 'S4-039',
    as: 'nobody',
    line: 'POST /api/login',
    body: { username: 'admin', password: goodPassword },
    answer: { success: true, token: text },
  },
  {
    row: 'S4-040',
    as: 'admin',
    line: 'POST /api/instances',
    body: { name: 'My Bot', phone_number: '+1234567890', owner_id: 'optional' },
    status: 201,
    answer: { id: text, name: 'My Bot', status: 'new' },
  },
  { row: 'S4-044', as: 'admin', line: 'GET /api/instances' },
  { row: 'S4-044', as: 'admin', line: 'GET /api/instances?status=new' },
  { row: 'S4-045', as: 'admin', line: 'GET /api/instances/{id}', answer: { status: 'new' } },
  {
    row: 'S4-041 S4-043',
    as: 'admin',
    line: 'POST /api/instances/{id}/approve',
    body: { duration_months: 1 },
    answer: {
      message: 'Instance approved and started',
      instance_id: text,
      duration_months: 1,
      expires_at: text,
      port: 4001,
    },
  },
  { row: 'S4-044', as: 'admin', line: 'GET /api/instances?status=approved' },
  { row: 'S4-046', as: 'admin', line: 'GET /api/instances/{id}/pairing-code', answer: { success: true } },
  {
    row: 'S4-047',
    as: 'admin',
    line: 'POST /api/instances/{id}/regenerate-code',
    status: 202,
    answer: { success: true },
  },
  {
    row: 'S4-038',
    as: 'admin',
    line: 'GET /api/server-info',
    answer: { server_name: 'server1', total_bots: number, new_bots: 0, approved_bots: 1, expired_bots: 0 },
  },
  { row: 'S4-048', as: 'admin', line: 'POST /api/instances/{id}/stop', answer: { desired: 'stopped' } },
  {
    row: 'S4-050',
    as: 'admin',
    line: 'POST /api/instances/{id}/renew',
    body: { duration_months: 3 },
    answer: { duration_months: 3, expires_at: text },
  },
  { row: 'S4-044', as: 'admin', line: 'GET /api/instances?status=expired' },
  { row: 'S4-049', as: 'admin', line: 'DELETE /api/instances/{id}' },
  { row: 'S2-104', as: 'agent', line: 'GET /api/user-bot/status', answer: { has_bot: false } },
  {
    row: 'S2-100 S2-101 S2-102',
    as: 'agent',
    line: 'POST /api/user-bot/create',
    body: {
      bot_token: '<token>',
      telegram_api_id: 12_345,
      telegram_api_hash: 'fake-hash-of-a-test',
      telegram_phone: null,
    },
    answer: {
      success: true,
      bot_username: 'seed_bot',
      bot_id: number,
      status: 'pending',
      message: 'Your dedicated bot is now configured!',
    },
  },
  {
    row: 'S2-096 S2-103',
    as: 'agent',
    line: 'POST /api/user-bot/create',
    body: { bot_token: '<token>', telegram_api_id: 12_345, telegram_api_hash: 'fake-hash-of-a-test' },
    status: 400,
    answer: { detail: 'User already has a bot configured' },
  },
  {
    row: 'S2-097 S2-104',
    as: 'agent',
    line: 'GET /api/user-bot/status',
    answer: {
      has_bot: true,
      bot_username: 'seed_bot',
      bot_id: number,
      status: 'pending',
      is_verified: true,
      created_at: text,
      last_used_at: null,
      rate_limit_rps: 1,
    },
  },
  { row: 'S2-106', as: 'agent', line: 'POST /api/user-bot/verify', answer: link },
  {
    row: 'S2-108 S2-112',
    as: 'admin',
    line: 'GET /api/admin/bots/list',
    answer: { total: 1, page: 1, limit: 50, total_pages: 1, bots: [{ bot_username: 'seed_bot', is_verified: true }] },
  },
  {
    row: 'S2-112',
    as: 'admin',
    line: 'GET /api/admin/bots/list?status=pending&page=1&limit=100',
    answer: { total: 1, limit: 100 },
  },
  { row: 'S2-112', as: 'admin', line: 'GET /api/admin/bots/list?limit=101', status: 400 },
  { row: 'S2-118', as: 'agent', line: 'GET /api/admin/bots/list', status: 403 },
  {
    row: 'S2-113',
    as: 'admin',
    line: 'POST /api/admin/bots/{user_id}/access',
    answer: { success: true, user_id: text, bot_username: 'seed_bot', access_granted: true },
  },
  {
    row: 'S2-114',
    as: 'admin',
    line: 'PATCH /api/admin/bots/{user_id}/suspend',
    body: { reason: 'Spam' },
    answer: { success: true, status: 'suspended' },
  },
  {
    row: 'S2-099',
    as: 'agent',
    line: 'POST /api/user-bot/verify',
    answer: { success: true, status: 'suspended', is_verified: true },
  },
  { row: 'S2-115', as: 'admin', line: 'PATCH /api/admin/bots/{user_id}/activate', answer: link },
  {
    row: 'S2-116',
    as: 'admin',
    line: 'PATCH /api/admin/bots/{user_id}/rate-limit',
    body: { rps: 2.5, max_concurrent: 5 },
    answer: { success: true, rate_limit_rps: 2.5, max_concurrent_requests: 5 },
  },
  { row: 'S2-105', as: 'agent', line: 'DELETE /api/user-bot/remove', answer: { success: true } },
  {
    row: 'S2-105',
    as: 'agent',
    line: 'DELETE /api/user-bot/remove',
    status: 404,
    answer: { detail: 'No bot found' },
  },
  {
    row: 'S0-081',
    as: 'agent',
    line: 'PUT /api/agent/pricing',
    body: { kind: 'percent', percent: '10' },
    answer: { tenant: 'agent:t1', markup: { kind: 'percent', percent: '10' } },
  },
  {
    row: 'S0-020',
    as: 'agent',
    line: 'PUT /api/agent/pricing',
    body: { kind: 'fixed', amount: '0.05' },
    answer: { markup: { kind: 'fixed', fixed: { USDT: '0.05' } } },
  },
  {
    row: 'S0-080',
    as: 'agent',
    line: 'GET /api/agent/earnings',
    answer: { tenant: 'agent:t1', items: [{ available: '100', pending: '0', paid_out: '0' }] },
  },
  {
    row: 'S0-082',
    as: 'agent',
    line: 'POST /api/agent/withdrawals',
    body: { amount: '50', address },
    status: 201,
    answer: { tenant: 'agent:t1', amount: '50', status: 'requested' },
  },
  {
    row: 'S0-083',
    as: 'agent',
    line: 'GET /api/agent/withdrawals',
    answer: { items: [{ amount: '50', tenant: 'agent:t1' }] },
  },
  { row: 'S0-080', as: 'admin', line: 'GET /api/agent/earnings', status: 403 },
  {
    row: 'S1-007',
    as: 'admin',
    line: 'GET /api/admin/withdrawals/stats',
    answer: { items: [{ currency: 'USDT', states: anything }] },
  },
]

let test: Awaited<ReturnType<typeof createTestDatabase>>
let panel: RunningPanel
let telegram: Sandbox
const headersOf: Record<SeedRequest['as'], Record<string, string>> = { nobody: {}, admin: {}, agent: {} }
const words: Record<string, string> = {}

beforeAll(async () => {
  test = await createTestDatabase()
  telegram = await startSandbox()
  words['<token>'] = telegram.createBot({ name: 'Seed', username: 'seed_bot' }).token
  panel = await runPanel(test.database, { settings: parseSettings({ TELEGRAM_API_ROOT: telegram.apiRoot }) })
  await addPerson(test.database, 'admin', 'admin')
  words['{user_id}'] = await addPerson(test.database, 'agent', 'agent')
  await earn(test.database, usdt(100), 'agent:t1')
  for (const person of ['admin', 'agent'] as const) {
    const { json } = await ask(panel, '/api/login', { body: { username: person, password: goodPassword } })
    headersOf[person] = { authorization: `Bearer ${String(json['token'])}` }
  }
})
afterAll(async () => {
  await panel.stop()
  await telegram.stop()
  await test.drop()
})

const filled = (line: string) => line.replaceAll(/\{\w+\}|<\w+>/g, (word) => words[word] ?? word)

it.each(requests)('$row: $line by $as', async ({ as: person, line, body, status = 200, answer }) => {
  const [method = '', path = ''] = filled(line).split(' ')
  const got = await ask(panel, path, {
    method,
    headers: { 'user-agent': 'curl/8.5.0', accept: '*/*', ...headersOf[person] },
    ...(body === undefined ? {} : { body: JSON.parse(filled(JSON.stringify(body))) }),
  })
  expect(got.status, got.text).toBe(status)
  if (answer !== undefined) expect(got.json).toMatchObject(answer)
  if (line === 'POST /api/instances') words['{id}'] = String(got.json['id'])
})
