/** `product`, `category`, `stock` and `doctor stock` as people call them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { botfleet, type CliRun, makeHome, type RunOptions, runCli } from './support/run-cli.ts'

let db: TestDatabase
const place = makeHome()
const at = (name: string) => join(place.folder, name)
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(async () => {
  await db.drop()
  place.remove()
})

const env = () => ({ BOTFLEET_HOME: place.home, DATABASE_URL: db.url, COLUMNS: '80' })
const run = (parameters: readonly string[], more: RunOptions = {}) =>
  runCli(parameters, { env: env(), cwd: place.folder, ...more })

async function done(parameters: readonly string[], more: RunOptions = {}): Promise<CliRun> {
  const outcome = await run(parameters, more)
  expect(outcome.code, outcome.stderr).toBe(0)
  for (const line of outcome.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  return outcome
}

async function document<T = Record<string, unknown>>(parameters: readonly string[], more: RunOptions = {}): Promise<T> {
  const outcome = await run([...parameters, '--json'], more)
  expect(outcome.code, outcome.stderr).toBe(0)
  return JSON.parse(outcome.stdout) as T
}

async function units(product: string): Promise<number> {
  const { rows } = await db.database.query<{ units: number }>(
    'select count(*)::int as units from stock_unit where product_id = $1',
    [product],
  )
  return rows[0]?.units ?? -1
}

/** Whether a command is writing units at this moment. */
async function importing(): Promise<boolean> {
  const { rowCount } = await db.database.query(
    `select 1 from pg_stat_activity where datname = current_database() and application_name = 'botfleet cli'
       and query like '%insert into stock_unit%' and query not like '%pg_stat_activity%'`,
  )
  return rowCount > 0
}

/** Sells so many units of a product, past the CLI. */
async function sell(product: string, quantity: number): Promise<void> {
  await db.database.query(
    `insert into customer (id, tenant_id, platform, platform_user_id) values ('c1', 'master', 'telegram', '5')
     on conflict do nothing`,
  )
  await db.database.transaction(async (tx) => {
    await tx.query(
      `with entry as (
         insert into journal_entry (kind, reference, tenant_id, actor)
         values ('adjustment', gen_random_uuid()::text, 'master', 'test') returning id
       )
       insert into transfer (entry_id, currency, from_account, to_account, amount)
       select id, 'USDT', account_of('master', 'adjustment', 'USDT'), account_of('master', 'customer', 'USDT', 'c1'),
         1000000000 from entry`,
    )
    await tx.query(
      `select place_order('master', 'c1', null, $1, $2, gen_random_uuid()::text, null, null, interval '0', 'test')`,
      [product, quantity],
    )
  })
}

test('a shop is set up by commands, and every document has its amounts as decimal strings', async () => {
  await done(['category', 'add', 'VPN'])
  await done(['category', 'rename', 'vpn', 'وی‌پی‌ان', '--language', 'fa'])
  const added = await document([
    'product',
    'add',
    'VPN, 1 month',
    '--price',
    '4.5',
    '--category',
    'vpn',
    '--limit',
    '5',
  ])
  expect(added).toMatchObject({ id: 'vpn-1-month', base_price: '4.5', currency: 'USDT', limit_per_customer: 5 })
  expect(await document(['product', 'edit', 'vpn-1-month', '--no-limit', '--price', '5.25'])).toMatchObject({
    base_price: '5.25',
    limit_per_customer: null,
    category: { name: 'VPN' },
  })
  writeFileSync(at('picture'), Buffer.from('89504e470d0a1a0a00', 'hex'))
  expect(await document(['product', 'picture', 'vpn-1-month', '--file', 'picture'])).toMatchObject({
    picture: { type: 'image/png' },
  })
  await done(['product', 'translate', 'vpn-1-month', '--language', 'ru', '--name', 'ВПН'])
  expect((await done(['product', 'show', 'vpn-1-month'])).stdout).toMatch(/languages +ru/)
  expect((await done(['product', 'list'])).stdout).toMatch(/vpn-1-month +VPN, 1 month +VPN +5.25 USDT +0/)
  expect((await done(['category', 'list'])).stdout).toMatch(/1 +VPN +1 +fa +active/)
})

test.each([
  [['product', 'add', 'X', '--price', '1.0000001'], 2, 'digits behind the point'],
  [['product', 'add', 'X', '--price', '-1'], 2, 'negative'],
  [['product', 'add', 'X', '--price', '0'], 2, 'above 0'],
  [['product', 'add', 'X', '--price', '1.5', '--currency', 'IRR'], 2, 'IRR has 0 digits'],
  [['product', 'edit', 'none', '--price', '1'], 3, 'no product none'],
  [['product', 'picture', 'none'], 2, 'either --file FILE or --remove'],
  [['stock', 'add', 'none', '--file', 'missing'], 2, 'cannot be read: no such file'],
  [['stock', 'add', 'none', '--file', '-', '--as-file'], 2, '--file-name'],
  [['stock', 'remove', 'none'], 2, '--unit'],
  [['stock', 'remove', 'none', '--all'], 2, 'give --yes'],
  [['stock', 'remove', 'none', '--unit', 'x', '--yes'], 2, "no unit's number"],
  [['stock', 'export', '--since', 'yesterday'], 2, '--since is a day'],
  [['stock', 'counts', 'none'], 3, 'no product none'],
])('%s is refused with code %i', async (parameters, code, words) => {
  const outcome = await run(parameters)
  expect(outcome.stderr).toContain(words)
  expect(outcome.code).toBe(code)
})

test('what is not added is named by its line, in 80 columns, and whole in the document', async () => {
  await done(['product', 'add', 'Named', '--price', '1'])
  const repeated = Array.from({ length: 200 }, () => 'same\r\n').join('')
  writeFileSync(at('goods.txt'), Buffer.concat([Buffer.from(`new\n\n${repeated}`), Buffer.from([0xff])]))
  const { stdout } = await done(['stock', 'add', 'named', '--file', 'goods.txt'])
  expect(stdout.split('\n')).toEqual([
    'Added 2 units to named (import 1); 2 can be bought now.',
    'Skipped 201 lines:',
    '  blank: 2',
    '  not UTF-8: 203',
    '  there twice: 4 (as 3), 5 (as 3), 6 (as 3), 7 (as 3), 8 (as 3), 9 (as 3),',
    '    10 (as 3), 11 (as 3), 12 (as 3), 13 (as 3), and 189 more',
    '',
  ])
  const again = await document<{ added: number; skipped: unknown[] }>(['stock', 'add', 'named', '--file', 'goods.txt'])
  expect(again.added).toBe(0)
  expect(again.skipped.slice(0, 3)).toEqual([
    { line: 1, trouble: 'in_stock' },
    { line: 2, trouble: 'blank' },
    { line: 3, trouble: 'in_stock' },
  ])
})

test('a file is one unit with its name, and listed without its goods', async () => {
  await done(['product', 'add', 'Files', '--price', '1'])
  writeFileSync(at('client.ovpn'), 'remote canary.example')
  await done(['stock', 'add', 'files', '--file', 'client.ovpn', '--as-file'])
  await done(['stock', 'add', 'files', '--file', '-', '--as-file', '--file-name', 'b.ovpn'], { input: 'other' })
  const listed = await done(['stock', 'list', 'files'])
  expect(listed.stdout).toMatch(/available[^\n]*b\.ovpn[^\n]*\n[^\n]*client\.ovpn/)
  expect(listed.stdout).not.toContain('canary')
  expect(JSON.stringify(await document<unknown[]>(['stock', 'list', 'files']))).not.toContain('canary')
})

test('an import that is killed in the middle has added nothing, and the next one adds every line', async () => {
  await done(['product', 'add', 'Killed', '--price', '1'])
  const count = 60_000
  writeFileSync(at('many.txt'), Array.from({ length: count }, (_, line) => `user${line}:${line * 7919}\n`).join(''))
  const child = spawn(botfleet, ['stock', 'add', 'killed', '--file', 'many.txt'], {
    cwd: place.folder,
    env: { PATH: process.env['PATH'], ...env() },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  await vi.waitFor(async () => expect(await importing()).toBe(true), { timeout: 30_000, interval: 5 })
  child.kill('SIGKILL')
  expect(await ended).toEqual([null, 'SIGKILL'])
  await vi.waitFor(async () => expect(await importing()).toBe(false))
  expect(await units('killed')).toBe(0)
  const { rows } = await db.database.query(`select 1 from stock_batch where product_id = 'killed'`)
  expect(rows).toEqual([])
  expect(await document(['stock', 'add', 'killed', '--file', 'many.txt'])).toMatchObject({
    added: count,
    skipped: [],
    available: count,
  })
  expect(await units('killed')).toBe(count)
}, 90_000)

test('what was sold is exported for spreadsheets and for programs, to stdout or into a private file', async () => {
  await done(['product', 'add', 'Exported', '--price', '1'])
  await document(['stock', 'add', 'exported', '--file', '-'], { input: '=1+1\na,"b"\nplain\nleft' })
  await sell('exported', 3)
  const csv = (await run(['stock', 'export', 'exported'])).stdout.split('\r\n')
  expect(csv[0]).toBe('order,unit,product,tenant,customer,sold_at,refunded_at,kind,file_name,encoding,content')
  expect(csv.slice(1).map((line) => line.split(',utf-8,')[1])).toEqual(["'=1+1", '"a,""b"""', 'plain', undefined])
  const json = await document<{ content: string }[]>(['stock', 'export', 'exported'])
  expect(json.map(({ content }) => content)).toEqual(['=1+1', 'a,"b"', 'plain'])
  const written = await document(['stock', 'export', 'exported', '--output', 'sold.json', '--format', 'json'])
  expect(written).toMatchObject({ file: at('sold.json'), format: 'json', units: 3 })
  expect(JSON.parse(readFileSync(at('sold.json'), 'utf8'))).toEqual(json)
  expect(statSync(at('sold.json')).mode & 0o777).toBe(0o600)
  expect((await run(['stock', 'export', '--output', 'sold.json'])).code).toBe(5)
  const today = new Date().toISOString().slice(0, 10)
  expect(await document(['stock', 'export', 'exported', '--since', today, '--until', today])).toHaveLength(3)
  expect(await document(['stock', 'export', 'exported', '--until', '2026-01-01'])).toEqual([])
  const audit = await document<unknown[]>(['audit', '--action', 'stock.export', '--target', 'exported'])
  expect(audit).toHaveLength(5)
})

test('units are removed or spoilt by their numbers, their import, or all', async () => {
  await done(['product', 'add', 'Removed', '--price', '1'])
  const { import: batch } = await document<{ import: number }>(['stock', 'add', 'removed', '--file', '-'], {
    input: 'a\nb\nc',
  })
  await sell('removed', 1)
  const [unit] = await document<{ id: number }[]>(['stock', 'list', 'removed', '--state', 'available'])
  expect(await document(['stock', 'remove', 'removed', '--unit', String(unit?.id), '--spoil', 'bad', '--yes'])).toEqual(
    {
      product: 'removed',
      spoilt: 1,
      kept: 0,
    },
  )
  const removed = await done(['stock', 'remove', 'removed', '--import', String(batch), '--yes'])
  expect(removed.stdout).toBe(
    'Erased 1 unit of removed.\n2 units stayed: reserved, sold, or being bought at this moment.\n',
  )
  expect(await document(['stock', 'counts', 'removed'])).toMatchObject([{ available: 0, sold: 1, spoilt: 1 }])
})

test('doctor tells of goods under an older key, and a rotation of keys takes them along', async () => {
  const looked = async () => (await run(['doctor'])).stdout
  expect(await looked()).toMatch(/ok +keys/)
  await db.database.query(`update stock_unit set key_id = 'an older one' where product_id = 'files'`)
  expect(await looked()).toMatch(
    /warn +keys .*;\s+0\s+credentials, 0\s+rows of WhatsApp bots and 2 units of stock\s+are under an older key/,
  )
  const rotated = await document<{ key_id: string; units: number }>(['key', 'rotate'])
  expect(rotated.units).toBeGreaterThan(5)
  const checked = await document<{ checks: { name: string; detail: string }[] }>(['doctor', 'stock'])
  expect(checked.checks.find(({ name }) => name === 'seals')?.detail).toMatch(/units open$/)
}, 90_000)

test('doctor stock is content with a sound shop, and names what does not fit', async () => {
  const sound = await run(['doctor', 'stock'])
  expect(sound.code, sound.stdout).toBe(0)
  expect(sound.stdout).toMatch(/ok +orders +every order has its goods/)
  await db.database.query(`update stock_unit set state = 'spoilt' where product_id = 'removed' and state = 'sold'`)
  await db.database.query(
    `update stock_unit set sealed = overlay(sealed placing 'AAAAAAAA' from 30) where product_id = 'files'`,
  )
  const unsound = await run(['doctor', 'stock'])
  expect(unsound.code).toBe(6)
  expect(unsound.stdout).toMatch(/fail +orders +1 orders without theirs: \d+/)
  expect(unsound.stdout).toMatch(/fail +seals +2 units do not open: \d+, \d+/)
}, 60_000)
