/**
 * What a served fleet with a WhatsApp bot leaves behind, searched: what `serve` and its workers say and write into files,
 * and every value of every table. There is no key of the linked device in any of it, no code by which it was linked, and
 * no number of a person but where a column is there to hold it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Database } from '../../db/database.ts'
import { openRow } from '../../services/whatsapp/sealing.ts'
import { kill, workerOf } from '../support/faults.ts'
import { ServedFleet } from '../support/served-fleet.ts'
import { type Caller, numberOf } from '../support/whatsapp-rig.ts'

const number = '491701234567'
/** One who shows the number, one who shows it and a LID, one who shows a LID alone. */
const people = [
  { name: 'Ann', number: '4915112345671', addressing: 'pn' },
  { name: 'Ben', number: '4915112345672', addressing: 'lid' },
  { name: 'Eve', number: '4915112345673', addressing: 'hidden' },
] as const
/** Columns that hold who a customer is, and where they are written to. */
const columnsOfNumbers = ['customer.platform_user_id', 'customer_chat.chat_id', 'whatsapp_identity.phone']
const columnsOfLids = ['customer.platform_user_id', 'customer_chat.chat_id', 'whatsapp_identity.lid']

let fleet: ServedFleet
/** Key material as it would be found: base64 and hex. */
const keys = new Set<string>()
const words: string[] = []

beforeAll(async () => {
  fleet = await ServedFleet.open()
  const first = await fleet.serve()
  const id = await fleet.pairedBot(number)
  await sell('vpn')
  await buy()
  await rememberKeys(id)
  // A worker that is killed, connections that break, a message that cannot be read at once, a server that starts again.
  const worker = await workerOf(fleet.db.database, id)
  if (worker === undefined) throw new Error('no worker')
  await kill(worker)
  await fleet.fake.events.next('caught_up', ({ offline }) => offline >= 0)
  await fleet.until(id, 'running')
  fleet.fake.phoneOf(number).endStream(500)
  await first.stop()
  await fleet.serve()
  await fleet.until(id, 'running')
  await buy()
  await rememberKeys(id)
  // Unlinked, and linked again: the codes of both are known.
  fleet.fake.phoneOf(number).unlink()
  await fleet.until(id, 'logged_out')
  await fleet.pair(id, number)
  await buy()
  await rememberKeys(id)
}, 90_000)
afterAll(() => fleet.close())

async function sell(product: string): Promise<void> {
  writeFileSync(join(fleet.folder, 'units'), Array.from({ length: 20 }, (_, at) => `secret-unit-${at}`).join('\n'))
  await fleet.json('product', 'add', 'VPN', '--id', product, '--price', '1')
  await fleet.json('stock', 'add', product, '--file', 'units')
}

/** Each of the people buys something, and one of them writes what cannot be read at once. */
async function buy(): Promise<void> {
  for (const given of people) {
    const caller = fleet.caller(number, given)
    if (given.name === 'Ben') caller.phone.failToDecrypt(1)
    const languages = await ask(caller, '/language', 'English')
    await ask(caller, numberOf(languages, 'English'), 'We speak English')
    const { rows } = await fleet.db.database.query<{ id: string }>(
      `select id from customer where platform_user_id in ($1, $2)`,
      [given.number, `${caller.phone.lid}@lid`],
    )
    await fleet.json('customer', 'adjust', rows[0]?.id ?? '', '--up', '5', '--reason', 'a gift')
    const home = await ask(caller, 'menu', '1 Shop')
    const shelf = await ask(caller, numberOf(home, 'Shop'), 'Choose a product')
    const page = await ask(caller, numberOf(shelf, 'VPN'), 'Price:')
    await ask(caller, numberOf(page, 'Buy'), 'How many')
    const confirm = await ask(caller, '1', 'After paying')
    await ask(caller, numberOf(confirm, 'Pay '), 'secret-unit-')
    words.push(given.number, caller.phone.lid)
  }
}

/** Writes, and reads what comes after that: words that were shown before are no answer. */
async function ask(caller: Caller, text: string, wanted: string): Promise<string> {
  const before = caller.texts().length
  await caller.write(text)
  return vi.waitFor(
    () => {
      const found = caller
        .texts()
        .slice(before)
        .find((each) => each.includes(wanted))
      if (found === undefined) throw new Error(`nothing says ${wanted}: ${caller.texts().slice(before).join('\n\n')}`)
      return found
    },
    { timeout: 30_000, interval: 20 },
  )
}

/** All key material that the bot keeps right now. */
async function rememberKeys(instanceId: string): Promise<void> {
  const { keyring, db } = fleet
  const { rows: sessions } = await db.database.query<{ sealed: string }>('select sealed from whatsapp_session')
  for (const { sealed } of sessions) {
    const text = openRow(keyring, { table: 'whatsapp_session', instanceId, row: '' }, sealed)
    const creds = JSON.parse(text) as { signedIdentityKey: { private: object }; noiseKey: { private: object } }
    expect(Object.keys(creds.signedIdentityKey.private)).toContain('data')
    remember(JSON.parse(text))
  }
  const { rows } = await db.database.query<{ id: Buffer; sealed: string }>(
    'select id, sealed from whatsapp_key order by id limit 150',
  )
  for (const { id, sealed } of rows) {
    remember(JSON.parse(openRow(keyring, { table: 'whatsapp_key', instanceId, row: id.toString('hex') }, sealed)))
  }
}

/** Every value of 32 bytes or more: keys of each kind, public ones too. */
function remember(value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) remember(part)
    return
  }
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]{43,}=*$/.test(value)) return
  const bytes = Buffer.from(value, 'base64')
  keys.add(value)
  keys.add(bytes.toString('base64').replace(/=+$/, ''))
  keys.add(bytes.toString('base64url').replace(/=+$/, ''))
  keys.add(bytes.toString('hex'))
}

/** Which of these stand in a text. */
function foundIn(text: string, wanted: Iterable<string>): string[] {
  return [...wanted].filter((each) => text.includes(each))
}

/** Every column of every table, with all that stands in it: bytes as hex, and as the text that they may be. */
async function dump(database: Database): Promise<Map<string, string>> {
  const { rows: columns } = await database.query<{ table: string; column: string; type: string }>(
    `select table_name as table, column_name as column, data_type as type from information_schema.columns
     where table_schema = 'public' and table_name in (select tablename from pg_tables where schemaname = 'public')`,
  )
  const all = new Map<string, string>()
  for (const { table, column, type } of columns) {
    const value =
      type === 'bytea' ? `encode("${column}", 'hex') || ' ' || encode("${column}", 'escape')` : `"${column}"::text`
    const { rows } = await database.query<{ text: string | null }>(
      `select string_agg(${value}, E'\\n') as text from public."${table}"`,
    )
    all.set(`${table}.${column}`, rows[0]?.text ?? '')
  }
  return all
}

/** All that serve has printed, and all that stands in the files of its home. */
function said(): Map<string, string> {
  const files = readdirSync(fleet.home, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  const texts = files.map((file): [string, string] => {
    const path = join(file.parentPath, file.name)
    return [path.slice(fleet.home.length), readFileSync(path, 'latin1')]
  })
  const printed = fleet.served.map(({ stdout, stderr }, at): [string, string] => [`serve ${at}`, stdout + stderr])
  return new Map([...texts, ...printed])
}

test('there was something to find', async () => {
  expect(keys.size).toBeGreaterThan(500)
  expect(fleet.codes).toHaveLength(4)
  const logs = [...said().values()].join('\n')
  expect(logs).toContain('a connection ended')
  expect(logs).toContain('worker ends')
  expect([...said().keys()].filter((path) => path.startsWith('/logs/')).length).toBeGreaterThan(0)
  const tables = await dump(fleet.db.database)
  expect(foundIn(tables.get('customer_order.id') ?? '', ['1'])).toHaveLength(1)
  expect(foundIn(tables.get('instance.phone_number') ?? '', [number])).toHaveLength(1)
})

test('what is printed and logged holds no key, no code, and no number of anybody', () => {
  for (const [path, text] of said()) {
    expect(foundIn(text, keys), path).toEqual([])
    expect(foundIn(text, fleet.codes), path).toEqual([])
    expect(foundIn(text, [...words, number]), path).toEqual([])
    expect(text, path).not.toMatch(/privKey|rootKey|chainKey|SessionEntry|noiseKey/)
  }
})

test('a dump holds no key and no code', async () => {
  // The last answer is noted before it is looked at.
  await vi.waitFor(async () => {
    const { rows } = await fleet.db.database.query('select from handled_update where body is not null')
    expect(rows).toEqual([])
  })
  const tables = await dump(fleet.db.database)
  for (const [column, text] of tables) {
    expect(foundIn(text, keys), column).toEqual([])
    expect(foundIn(text, fleet.codes), column).toEqual([])
    expect(text, column).not.toMatch(/privKey|rootKey|chainKey|noiseKey/)
  }
})

test('a dump holds the number of a person where a column is there for it, and nowhere else', async () => {
  const tables = [...(await dump(fleet.db.database))]
  const columnsWith = (wanted: readonly string[]) =>
    tables.flatMap(([column, text]) => (foundIn(text, wanted).length > 0 ? [column] : [])).toSorted()
  expect(columnsWith(people.map((each) => each.number))).toEqual(columnsOfNumbers)
  expect(columnsWith(words.filter((word) => !people.some((each) => each.number === word)))).toEqual(columnsOfLids)
})
