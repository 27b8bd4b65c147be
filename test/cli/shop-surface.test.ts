/** What every command of the shop has in common: how a tenant is named, what an unknown name gets, what an amount looks like. */
import { type Argument, type Command, InvalidArgumentError, type Option } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { callCli, commandTree, makeHome } from './support/run-cli.ts'

const place = makeHome()
const address = 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'
const customer = '11111111-2222-4333-8444-555555555555'
let test_: TestDatabase
beforeAll(async () => {
  test_ = await createTestDatabase()
  const statements = [
    `insert into tenant (id, name, markup_hundredths) values ('agent:agent001', 'A', 1000)`,
    `insert into customer (id, tenant_id, platform, platform_user_id, display_name)
     values ('${customer}', 'agent:agent001', 'telegram', '1', 'Sam Example')`,
    `insert into product (id, name, currency, base_price, created_by)
     values ('vpn', 'VPN', 'USDT', 2000000, 'x'), ('a-product-of-thirty-characters', 'Long', 'USDT', 1000000, 'x')`,
    `insert into stock_unit (product_id, key_id, sealed, fingerprint)
     select product, 'k', 's', sha256((product || n)::bytea)
     from unnest(array['vpn', 'a-product-of-thirty-characters']) product, generate_series(1, 5) n`,
    `select adjust_balance('${customer}', 'USDT', 10000000, 'start', 'x', 'x')`,
  ]
  for (const statement of statements) await test_.database.query(statement)
})
afterAll(async () => {
  await test_.drop()
  place.remove()
})

const cli = (line: string) =>
  callCli(line.replace('CUSTOMER', customer).split(' '), {
    env: { BOTFLEET_HOME: place.home, DATABASE_URL: test_.url, COLUMNS: '80' },
    cwd: place.folder,
  })

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)]
}

const naming = allOf(commandTree()).flatMap((command) => {
  const places: (Option | Argument)[] = [
    ...command.options.filter(({ long }) => long === '--tenant'),
    ...command.registeredArguments.filter((argument) => argument.name() === 'tenant'),
  ]
  return places.map((each) => [`${command.parent?.name()} ${command.name()}`, each] as const)
})

test('many commands ask for a tenant', () => {
  expect(naming.length).toBeGreaterThan(20)
})

test.each(naming)('%s understands a tenant however it is named, and shows one way', (_name, option) => {
  const parse = (text: string): unknown => option.parseArg?.(text, undefined)
  expect([parse('agent001'), parse('agent:agent001'), parse('master')]).toEqual([
    'agent:agent001',
    'agent:agent001',
    'master',
  ])
  for (const text of ['Agent001', 'agent:', 'agent:master', 'shop:a', '']) {
    expect(() => parse(text), text).toThrow(InvalidArgumentError)
  }
  expect(option.description).toContain('agent:<id>')
})

test.each([
  'order list --tenant nobody',
  'order list --customer nobody',
  'order list --product nothing',
  'customer list --tenant nobody',
  'topup list --tenant nobody',
  'topup list --customer nobody',
  'withdrawal list --tenant nobody',
  'withdrawal stats --tenant nobody',
  'ledger balances --tenant nobody',
  'ledger entries --tenant nobody',
  'ledger entries --customer nobody',
  'outbox list --tenant nobody',
  'outbox redrive --all --tenant nobody',
  'broadcast list --tenant nobody',
  'broadcast create --tenant nobody --file /dev/null',
  'audit --tenant nobody',
  'list --tenant nobody',
  'agent settings show nobody',
  'order place --customer nobody --product vpn',
  'order place --customer CUSTOMER --product nothing',
  'order show 99',
  'order refund 99 --reason x --yes',
  'topup request nobody --amount 5',
  'customer adjust nobody --up 5 --reason x',
  'withdrawal request --tenant nobody --amount 20 --yes --address T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
])('%s names what is unknown, and where to find the right one', async (line) => {
  const run = await cli(line)
  expect(run.stderr).toMatch(/^botfleet: no (agent|customer|product|order) (nobody|nothing|99): \.\/botfleet \w+ list/)
  expect([run.code, run.stdout]).toEqual([3, ''])
})

test.each([
  ['topup request CUSTOMER --amount 0.5', 2, 'the minimum of 1 USDT'],
  ['topup request CUSTOMER --amount 99999', 2, 'the maximum of 10000 USDT'],
  ['order place --customer CUSTOMER --product vpn --quantity 5', 5, '1 USDT are missing from the balance'],
  [`withdrawal request --tenant agent001 --amount 20 --yes --address ${address}`, 5, 'only 0 USDT are available'],
] as const)('%s is refused with the currency of its amount', async (line, code, words) => {
  const run = await cli(line)
  expect(run.stderr).toContain(words)
  expect(run.code).toBe(code)
})

test('orders are listed with who bought, within 80 columns', async () => {
  expect(await cli('order place --customer CUSTOMER --product a-product-of-thirty-characters')).toMatchObject({
    code: 0,
  })
  const [order] = JSON.parse((await cli('order list --json')).stdout) as [{ id: number }]
  expect(order).toMatchObject({ customer, customer_name: 'Sam Example', tenant: 'agent:agent001' })
  expect(JSON.parse((await cli(`order show ${order.id} --json`)).stdout)).toMatchObject({
    customer_name: 'Sam Example',
  })
  const shown = await cli(`order show ${order.id}`)
  expect(shown.stdout).toContain(`${customer} (Sam Example)`)
  expect(shown.stdout).toContain('1.1 USDT: 1 USDT and a markup of 0.1 USDT')
  const sold = await cli('stock list a-product-of-thirty-characters --state sold --json')
  const [unit] = JSON.parse(sold.stdout) as [{ id: number; import: number | null }]
  expect(unit).toHaveProperty('import')
  const removed = await cli(`stock remove a-product-of-thirty-characters --unit ${unit.id} --yes`)
  expect(removed).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('nothing was changed') })
})

test('an export of an unknown product writes nothing', async () => {
  expect(await cli('stock export nothing')).toMatchObject({ code: 3, stdout: '' })
})
