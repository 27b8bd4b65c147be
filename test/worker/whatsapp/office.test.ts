/** An agent's owner and the master's people on WhatsApp: bound by a code, and everything by numbers. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAmount } from '../../../domain/money.ts'
import { createClaimLink } from '../../../services/agents/create-claim-link.ts'
import { createBroadcast } from '../../../services/outbox/broadcasts/create-broadcast.ts'
import { startBroadcast } from '../../../services/outbox/broadcasts/start-broadcast.ts'
import { dumpTables } from '../../support/backup.ts'
import { ownerActor } from '../../support/rig.ts'
import { type Caller, numberOf, WhatsAppRig } from '../../support/whatsapp-rig.ts'

const agentNumber = '491701111111'
const masterNumber = '491702222222'
const tenant = 'agent:ann'
const address = 'TJRabPrwbZy45sbavfcjinPJC18kjpRTv8'
let shop: WhatsAppRig

beforeAll(async () => {
  shop = await WhatsAppRig.open({ RESTART_BUDGET: '1000' })
  await shop.bot(agentNumber, { name: 'Ann Shop', tenant })
  await shop.bot(masterNumber, { name: 'Main Shop' })
}, 120_000)
afterAll(() => shop.close())

/** Profit that may be withdrawn. */
async function earn(amount: string): Promise<void> {
  await shop.db.database.query(
    `with entry as (
       insert into journal_entry (kind, reference, tenant_id, actor)
       values ('import', gen_random_uuid()::text, $1, 'test') returning id
     )
     insert into transfer (entry_id, currency, from_account, to_account, amount)
     select id, 'USDT', account_of('master', 'adjustment', 'USDT'), account_of($1, 'available', 'USDT'), $2 from entry`,
    [tenant, parseAmount(amount, 'USDT').toString()],
  )
}

/** Nothing that is kept or said holds the secret: no table in plain words, no log, no message of the bot. */
async function expectNowhere(secret: string, reader: Caller): Promise<void> {
  const { rig, db } = shop
  expect(JSON.stringify(await dumpTables(db.database))).not.toContain(secret)
  expect(rig.logLines.join('\n')).not.toContain(secret)
  const logs = join(rig.home, 'logs', rig.settings.SERVERNAME)
  for (const file of readdirSync(logs)) expect(readFileSync(join(logs, file), 'utf8'), file).not.toContain(secret)
  expect(reader.texts().join('\n')).not.toContain(secret)
}

const claim = () => shop.db.database.transaction((tx) => createClaimLink(tx, ownerActor, { tenant }))

test('an owner is bound by a code that works once, and withdraws by numbers', async () => {
  const [owner, stranger] = [shop.caller(agentNumber), shop.caller(agentNumber)]
  await stranger.ask('/agent', 'This dashboard is for the owners of this shop.')
  const { message, link } = await claim()
  expect(link).toBe(`https://wa.me/${agentNumber}?text=${encodeURIComponent(message)}`)
  const claimed = await owner.ask(message, /1 |0 /)
  await stranger.ask(message, /\n0 Home/)
  const panel = await owner.ask(numberOf(claimed, 'Dashboard'), 'Shop: open')
  await stranger.ask('/agent', 'This dashboard is for the owners of this shop.')
  await earn('100')
  await owner.ask(numberOf(panel, 'Withdraw'), 'How much shall be withdrawn?')
  await owner.ask('5', 'The least that can be withdrawn is 10 USDT.')
  await owner.ask('۵۰', 'Send the TRC20 address.')
  await owner.ask('T123', 'That is no TRC20 address')
  const confirm = await owner.ask(address, 'Is that right?')
  const yes = numberOf(confirm, 'Confirm')
  await owner.write(yes)
  await owner.write(yes)
  await owner.reads('Request submitted')
  await owner.ask('/agent', 'Held for withdrawals: 50')
  const { rows } = await shop.db.database.query<{ n: number }>('select count(*)::int as n from withdrawal')
  expect(rows[0]?.n).toBe(1)
  const { rows: keys } = await shop.db.database.query<{ key: string }>('select key from handled_update')
  expect(keys.filter(({ key }) => key.startsWith('nonce:')).length).toBeGreaterThan(0)
  for (const { phone } of [owner, stranger]) {
    expect(keys.filter(({ key }) => key.includes(phone.number) || key.includes(phone.lid))).toEqual([])
  }
})

test('a claim is typed without the command, too', async () => {
  const owner = shop.caller(agentNumber)
  const { message } = await claim()
  await owner.ask(message.replace('/start claim-', 'claim '), /Dashboard/)
})

test("an admin adds an agent by answers; a bot's token in one is read and kept nowhere", async () => {
  const admin = shop.caller(masterNumber)
  await admin.ask('/admin', 'I did not understand that')
  await shop.db.database.query(
    `with made as (insert into app_user (id, username, password_hash, role) values ('admin1', 'admin1', 'none', 'admin') returning id)
     insert into chat_identity (platform, platform_user_id, user_id) select 'whatsapp', $1, id from made`,
    [admin.phone.number],
  )
  const menu = await admin.ask('/admin', 'admin1')
  await admin.ask(numberOf(menu, 'New agent'), /id/)
  await admin.ask('bob', /called/)
  await admin.ask('Bob Shop', /token/)
  const token = '123456789:AAHfiqksKZ8WmR2zSjiQ7_ddeRn5TYiVPLM'
  await admin.ask(token, 'I could not delete it')
  await admin.reads('Bob Shop')
  const { rows } = await shop.db.database.query<{ id: string }>(`select id from tenant where id = 'agent:bob'`)
  expect(rows).toHaveLength(1)
  await expectNowhere(token.slice(-20), admin)
})

test.for([
  ['in words', (token: string) => `my bot is ${token}, isn't it nice`],
  ['as a command', (token: string) => `/agent_create agent002 ${token} Mine`],
  ['as a number of a menu', (token: string) => token],
] as const)("a bot's token that nobody asked for, %s, is never said again, kept or logged", async ([how, words]) => {
  const secret = `secret-${how.replaceAll(' ', '-')}-${'x'.repeat(16)}`
  const stranger = shop.caller(masterNumber)
  await stranger.ask('start', 'Hello')
  await stranger.ask(words(`880001:${secret}`), 'revoke the token')
  await expectNowhere(secret, stranger)
  const { rows } = await shop.db.database.query(`select id from tenant where id = 'agent:agent002'`)
  expect(rows).toEqual([])
})

test("a bot's token is not taken for what was asked for", async () => {
  const owner = shop.caller(agentNumber)
  await owner.ask((await claim()).message, /Dashboard/)
  const panel = await owner.ask('/agent', 'Shop: open')
  await owner.ask(numberOf(panel, 'Support link'), 'Support link: none')
  const secret = `secret-as-a-link-${'x'.repeat(16)}`
  await owner.ask(`https://example.com/880002:${secret}`, 'revoke the token')
  await expectNowhere(secret, owner)
  const { rows } = await shop.db.database.query(`select support_link from tenant where id = $1`, [tenant])
  expect(rows).toEqual([{ support_link: null }])
})

test('a broadcast says the word that ends the news, and the menu from before still counts', async () => {
  const [ann, ben] = [shop.caller(masterNumber), shop.caller(masterNumber)]
  await ann.ask('start', 'Hello')
  const send = (html: string) =>
    shop.db.database.transaction(async (tx) => {
      const { id } = await createBroadcast(tx, ownerActor, { tenant: 'master', html })
      await startBroadcast(tx, ownerActor, { id })
    })
  await send('<b>Sale</b> of *everything*')
  expect(await ann.reads('Sale')).toBe('*Sale* of *everything*\n\n*stop* No more news')
  await ann.ask('1', 'nothing for sale')
  await ann.ask('STOP', 'You get no more news')
  await ben.ask('start', 'Hello')
  await send('Another one')
  await ben.reads('Another one')
  expect(ann.texts().filter((text) => text.includes('Another one'))).toEqual([])
})
