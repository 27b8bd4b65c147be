/** Agents and customers from the command line, against a real database and a Telegram that knows some tokens. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentView } from '../../domain/agent.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakeTelegram, startFakeTelegram } from './support/fake-telegram.ts'
import { makeHome, type RunOptions, runCli } from './support/run-cli.ts'

let database: TestDatabase
let telegram: FakeTelegram
const place = makeHome()
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

let nextBot = 3_000_000
function token(): string {
  nextBot += 1
  const made = `${nextBot}:fake-token-for-tests`
  telegram.tokens.set(made, `agent_${nextBot}_bot`)
  return made
}
const cli = (line: string, more: RunOptions = {}) => runCli(words(line), { env, cwd: place.folder, ...more })
async function json<T = Record<string, unknown>>(line: string, more: RunOptions = {}): Promise<T> {
  const run = await cli(`${line} --json`, more)
  if (run.code !== 0) throw new Error(`${line} ended with ${run.code}: ${run.stderr}`)
  return JSON.parse(run.stdout) as T
}
/** Splits a line as a shell would, with double quotes. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}
const addAgent = (id: string, more = '') =>
  json<AgentView>(`agent create ${id} --name "Shop ${id}" --token-file - ${more}`, { input: token() })

describe('agent create', () => {
  it('makes agent and bot in one step and prints the id alone', async () => {
    const run = await cli('agent create agent001 --name MyAgentName --token-file - --owner 123456789', {
      input: token(),
    })
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 0, stdout: 'agent001\n' })
    expect(run.stderr).toMatch(/Telegram knows this token: @agent_\d+_bot/)
    expect(run.stderr).toMatch(/runs once approved: \.\/botfleet approve bot-\w+ --months 1/)
    const agent = await json<AgentView>('agent show agent001')
    expect(agent).toMatchObject({
      id: 'agent001',
      tenant: 'agent:agent001',
      name: 'MyAgentName',
      owners: [{ platform: 'telegram', platform_user_id: '123456789' }],
      instances: [{ status: 'new' }],
    })
  })

  it('approves where months are given, and keeps what was paid', async () => {
    const agent = await addAgent('paid', '--months 3 --price 25.5 --payment "txid 0xabc"')
    expect(agent.instances).toMatchObject([{ status: 'approved', desired: 'running' }])
    const shown = await json<{ periods: unknown[] }>(`show ${agent.instances[0]?.id}`)
    expect(shown.periods).toMatchObject([{ months: 3, price: '25.5', currency: 'USDT', payment: 'txid 0xabc' }])
    const text = await cli(`show ${agent.instances[0]?.id}`, { env: { ...env, COLUMNS: '80' } })
    expect(text.stdout).toMatch(/25\.5 USDT {2}txid 0xabc/)
  })

  it('makes an id where none is given', async () => {
    expect((await addAgent('')).id).toMatch(/^agent_\d{8}_\d{6}$/)
  })

  it.each([
    ['a token that Telegram refuses', 'agent create x1 --name N --token-file -', '12345678:unknown-to-telegram', 2],
    ['an id that is taken', 'agent create agent001 --name N --token-file -', undefined, 5],
    ['the id of the master', 'agent create master --name N --token-file -', undefined, 2],
    ['a price without months', 'agent create x2 --name N --token-file - --price 5', undefined, 2],
    ['a payment without a price', 'agent create x3 --name N --token-file - --months 1 --payment x', undefined, 2],
    [
      'a price with too many digits',
      'agent create x4 --name N --token-file - --months 1 --price 0.0000001',
      undefined,
      2,
    ],
    ['a WhatsApp bot without a number', 'agent create x5 --name N --platform whatsapp', undefined, 2],
  ])('refuses %s', async (_what, line, given, code) => {
    const run = await cli(line, { input: given ?? token() })
    expect(run.code).toBe(code)
    expect(run.stderr).not.toContain('fake-token')
  })
})

describe('agent list, pause, resume, pricing', () => {
  it('say what they did, as text in 80 columns and as JSON', async () => {
    await addAgent('seller', '--months 1')
    const narrow = { env: { ...env, COLUMNS: '80' } }
    expect((await cli('agent pricing seller percent 10')).stdout).toMatch(/seller adds 10 % to every order from now on/)
    expect(await json('agent pricing seller fixed 0.05')).toMatchObject({
      markup: { kind: 'fixed', percent: '10', fixed: { USDT: '0.05', IRR: '0' } },
    })
    expect((await cli('agent pause seller')).stdout).toMatch(/seller is paused/)
    const list = await cli('agent list', narrow)
    for (const line of list.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(list.stdout).toMatch(/seller +Shop seller +paused +0\.05 USDT per item +stopped/)
    expect((await json<AgentView[]>('agent list --status paused')).map(({ id }) => id)).toEqual(['seller'])
    const bot = (await json<AgentView>('agent show seller')).instances[0]?.id
    expect((await cli(`start ${bot}`)).stderr).toMatch(/agent of .* is paused; \.\/botfleet agent resume seller/)
    const shown = await cli(`show ${bot}`)
    expect(shown.stdout).toMatch(/wanted stopped while its agent is paused/)
    expect(shown.stdout).toMatch(/next +\.\/botfleet agent resume seller/)
    expect(await json('agent resume agent:seller')).toMatchObject({
      status: 'active',
      instances: [{ desired: 'running' }],
    })
    expect((await cli('agent show seller', narrow)).stdout).toMatch(/markup +0\.05 USDT per item/)
  })

  it.each(['percent -1', 'percent 1.005', 'percent ten', 'fixed -5', 'fixed 0.0000001', 'flat 5', 'percent'])(
    'pricing refuses %s',
    async (value) => {
      expect((await cli(`agent pricing agent001 ${value}`)).code).toBe(2)
    },
  )

  it('--wait follows the bots, and says when nobody runs them', async () => {
    await addAgent('waiting', '--months 1')
    const run = await cli('agent resume waiting --wait --timeout 1')
    expect(run.code).toBe(0)
    const paused = await cli('agent pause waiting --wait --timeout 1')
    expect(paused.code).toBe(0)
    const resumed = await cli('agent resume waiting --wait --timeout 1')
    expect(resumed.code).toBe(7)
    expect(resumed.stderr).toMatch(/no server named server1 is running/)
  })

  it.each(['agent show nobody', 'agent pause nobody', 'agent pricing nobody percent 1', 'agent owner list nobody'])(
    '%s is not found',
    async (line) => {
      expect((await cli(line)).code).toBe(3)
    },
  )
})

describe('agent owner', () => {
  it('adds, lists, removes, and makes a link for whoever is to come', async () => {
    await addAgent('owned')
    expect(await json('agent owner add owned 1001')).toMatchObject([{ platform_user_id: '1001' }])
    expect((await cli('agent owner list owned')).stdout).toMatch(/telegram +1001/)
    expect(await json('agent owner remove owned 1001')).toEqual([])
    expect((await cli('agent owner remove owned 1001')).code).toBe(3)
    const link = await json<{ link: string; message: string }>('agent owner claim owned')
    expect(link.link).toMatch(/^https:\/\/t\.me\/agent_\d+_bot\?start=claim-[A-Za-z0-9_-]{43}$/)
    const text = await cli('agent owner claim owned')
    expect(text.stdout).toMatch(/^https:\/\/t\.me\/\S+\n$/)
    expect(text.stderr).toMatch(/works once and ends in 1 day|in 24 hours/)
  })
})

describe('agent settings', () => {
  it('sets links, buttons, texts and the chat for notices', async () => {
    await addAgent('fancy')
    await json('agent settings link fancy support @mysupport')
    await json('agent settings add-button fancy "Our rules" https://example.com/rules')
    await json('agent settings notices fancy --chat -100123')
    writeFileSync(join(place.folder, 'welcome.html'), '<b>Hello</b>\n')
    await json('agent settings text fancy welcome --file welcome.html')
    const plain = await cli('agent settings text fancy help --language fa --file -', { input: '1 < 2' })
    expect(plain.stderr).toMatch(/Kept as plain words/)
    expect(await json('agent settings show fancy')).toMatchObject({
      links: { support: '@mysupport', channel: null, announcement: null },
      buttons: [{ title: 'Our rules', url: 'https://example.com/rules' }],
      notice_chat: '-100123',
      texts: { en: { welcome: '<b>Hello</b>' }, fa: { help: '1 &lt; 2' } },
    })
    const shown = await cli('agent settings show fancy')
    expect(shown.stdout).toMatch(/button 1 +Our rules {2}https:\/\/example\.com\/rules/)
    await json('agent settings remove-button fancy 1')
    await json('agent settings link fancy support --remove')
    await json('agent settings text fancy help --language fa --remove')
    expect(await json('agent settings notices fancy --remove')).toMatchObject({
      links: { support: null },
      buttons: [],
      notice_chat: null,
      texts: { en: { welcome: '<b>Hello</b>' } },
    })
    expect(await json('agent settings link master support @house')).toMatchObject({ tenant: 'master' })
  })

  it.each([
    'link agent001 support',
    'link agent001 support @mysupport --remove',
    'link agent001 support javascript:x',
    'link agent001 nothing @mysupport',
    'text agent001 help',
    'text agent001 help --language xx --file -',
    'text agent001 help --file no-such-file',
    'remove-button agent001 6',
    'add-button agent001 "" @rules',
    'notices agent001 --chat nowhere',
    'notices agent001',
  ])('refuses %s', async (line) => {
    expect((await cli(`agent settings ${line}`)).code).toBe(2)
  })
})

describe('customer', () => {
  async function customer(name: string, balance: string): Promise<string> {
    await database.database.query(
      `insert into customer (id, tenant_id, platform, platform_user_id, username, display_name)
       values ($1, 'agent:agent001', 'telegram', $2, $1, $3)`,
      [name, String(++nextBot), `Name ${name}`],
    )
    await database.database.query(`select * from credit_payment(null, 'test', $1, $1, 'USDT', $2, 'test')`, [
      name,
      balance,
    ])
    return name
  }

  it('is listed, shown, blocked, unblocked; its history is told in words', async () => {
    const id = await customer('ann', '12500000')
    const narrow = { env: { ...env, COLUMNS: '80' } }
    expect((await cli('customer list --tenant agent001 --search ann', narrow)).stdout).toMatch(
      /ann +Name ann @ann +12\.5 USDT +active/,
    )
    expect((await cli(`customer block ${id} --reason fraud`)).stdout).toMatch(/ann is blocked/)
    expect(await json<unknown[]>('customer list --blocked')).toMatchObject([{ id, blocked_reason: 'fraud' }])
    expect((await cli(`customer show ${id}`)).stdout).toMatch(/blocked .*: fraud/)
    expect(await json(`customer unblock ${id}`)).toMatchObject({ blocked_at: null })
    expect((await cli(`customer history ${id}`, narrow)).stdout).toMatch(/\+12\.5 USDT {2}topped up, test:ann/)
    expect((await cli('customer show nobody')).code).toBe(3)
    expect((await cli('customer list --limit 0')).code).toBe(2)
  })

  it('is erased only when somebody says so', async () => {
    const id = await customer('bob', '3000000')
    const refused = await cli(`customer erase ${id}`)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/cannot be undone: give --yes/)
    expect(await json(`customer erase ${id} --yes`)).toMatchObject({ display_name: null, balances: [{ amount: '3' }] })
    expect((await cli(`customer erase ${id} --yes`)).code).toBe(5)
    expect((await cli(`customer list --erased`)).stdout).toMatch(/bob +erased/)
  })
})
