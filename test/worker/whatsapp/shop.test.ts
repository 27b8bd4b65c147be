/** The shop on WhatsApp, as people have it: real worker processes, a fake server, phones. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Language, languages } from '../../../domain/worker-contract.ts'
import { signalProcess } from '../../../runtime/process-identity.ts'
import { setPicture } from '../../../services/catalogue/set-picture.ts'
import { say } from '../../../worker/shop/customer/texts.ts'
import { processOf } from '../../support/faults.ts'
import { ownerActor } from '../../support/rig.ts'
import { type Caller, numberOf, WhatsAppRig } from '../../support/whatsapp-rig.ts'

const number = '491701234567'
/** The smallest picture: one transparent dot. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
let shop: WhatsAppRig
let bot: string
let units = 0

beforeAll(async () => {
  shop = await WhatsAppRig.open({ RESTART_BUDGET: '1000' })
  bot = await shop.bot(number)
  await shop.product('vpn')
  await stock(20)
}, 120_000)
afterAll(() => shop.close())

const stock = (count: number) =>
  shop.stock('vpn', { lines: Buffer.from(Array.from({ length: count }, () => `user-${(units += 1)}:pw`).join('\n')) })

/** Somebody who has begun a chat, with money. */
async function enter(given: Parameters<WhatsAppRig['caller']>[1] = {}): Promise<Caller & { home: string }> {
  const caller = shop.caller(number, given)
  const home = await caller.ask('start', 'Test Shop')
  await shop.credit(caller)
  await caller.reads('100 USDT')
  return Object.assign(caller, { home })
}

/** From home to the page of a product. */
async function open(caller: Caller, words: string): Promise<string> {
  const home = await caller.ask('menu', 'Hello')
  const shelf = await caller.ask(numberOf(home, 'Shop'), words)
  return caller.ask(numberOf(shelf, words), 'Price:')
}

async function buy(caller: Caller, words: string, quantity: string): Promise<void> {
  await caller.ask(numberOf(await open(caller, words), 'Buy'), 'How many')
  const confirm = await caller.ask(quantity, 'After paying')
  await caller.ask(numberOf(confirm, 'Pay '), 'Paid:')
}

async function restart(): Promise<void> {
  const { pid } = await shop.rig.until(bot, 'running')
  await shop.killWorker(bot)
  await shop.rig.until(bot, 'running', (view) => view.pid !== pid)
}

const count = (caller: Caller, words: string | RegExp) => caller.texts().filter((text) => text.match(words)).length

describe('buying', () => {
  /** Numbers of countries whose language is guessed. */
  const numbers: Record<Language, string> = {
    en: '4915112345678',
    zh: '8613812345678',
    fa: '989121234567',
    ru: '79161234567',
  }

  test.for(languages)('by numbers, in %s', async (language) => {
    const ann = shop.caller(number, { number: numbers[language] })
    const home = await ann.ask('start', say(language, 'button_shop'))
    await shop.credit(ann)
    const shelf = await ann.ask(numberOf(home, say(language, 'button_shop')), 'Product vpn')
    const item = await ann.ask(numberOf(shelf, 'Product vpn'), '2.5 USDT')
    await ann.ask(numberOf(item, say(language, 'button_buy')), '\n0 ')
    const confirm = await ann.ask('۲', '5 USDT')
    await ann.write(numberOf(confirm, '5 USDT'))
    const goods = await ann.reads(/user-\d+:pw/)
    expect(goods.match(/```user-\d+:pw```/g)).toHaveLength(2)
    await ann.reads(/95 USDT/)
  })

  test('a long list and files come as documents, once, and again when they are asked for', async () => {
    const lines = Array.from({ length: 60 }, (_, at) => `${at}-${'x'.repeat(80)}`)
    await shop.product('long', { lines, price: '1' })
    await shop.product('files', { price: '1' })
    await shop.stock('files', { file: { name: 'a "key".txt', bytes: Buffer.from('content') } })
    const ann = await enter()
    await buy(ann, 'Product long', '60')
    await ann.reads('what you bought is in this file')
    const item = await open(ann, 'Product files')
    await ann.ask(numberOf(await ann.ask(numberOf(item, 'Buy'), 'After paying'), 'Pay '), 'Paid:')
    await ann.reads('file 1 of 1')
    expect(ann.files().map(({ name }) => name)).toEqual([expect.stringMatching(/^order-\d+\.txt$/), 'a _key_.txt'])
    expect(ann.files()[0]?.content).toBe(lines.join('\n'))
    const orders = await ann.ask('orders', 'Your orders')
    const order = await ann.ask(numberOf(orders, 'Product files'), 'Status: paid')
    await ann.ask(numberOf(order, 'Show the goods again'), 'file 1 of 1')
    expect(ann.files()).toHaveLength(3)
    // A menu from before still holds.
    await ann.ask(numberOf(order, 'Buy again'), 'Price:')
  })

  test("a product's picture comes with its page and its menu as the caption", async () => {
    await shop.product('pictured', { lines: ['p:q'], price: '1' })
    await shop.db.database.transaction((tx) => setPicture(tx, ownerActor, { id: 'pictured', picture: png }))
    const ann = await enter()
    const page = await open(ann, 'Product pictured')
    expect(page).toContain('1 Buy')
    const shown = ann.phone.inbox.all.find((event) => event.kind === 'message' && event.file !== undefined)
    expect(shown).toMatchObject({ file: { kind: 'image', mimetype: 'image/png', bytes: png } })
  })

  test('who writes a number twice has not confirmed what they have not seen', async () => {
    await shop.product('single', { lines: ['only:one'], price: '1' })
    const ann = await enter()
    const buyIt = numberOf(await open(ann, 'Product single'), 'Buy')
    for (let times = 0; times < 3; times += 1) await ann.write(buyIt)
    for (let times = 0; times < 3; times += 1) await ann.reads('After paying')
    expect(count(ann, 'Paid:')).toBe(0)
  })
})

describe('a number', () => {
  test('that the menu has not is said to be none, and the menu shown again', async () => {
    const ann = await enter()
    const again = await ann.ask('77', 'There is no 77 in this menu.')
    const menuOf = (text: string) => text.slice(text.indexOf('1 Shop'))
    expect(menuOf(again)).toBe(menuOf(ann.home))
    await ann.ask('۱', 'Choose a product')
  })

  test('is understood by the next worker, and an open question by its answer', async () => {
    const ann = await enter()
    await restart()
    const shelf = await ann.ask('1', 'Choose a product')
    const item = await ann.ask(numberOf(shelf, 'Product vpn'), 'Price:')
    await ann.ask(numberOf(item, 'Buy'), 'How many')
    await restart()
    await ann.ask('many', 'That is not a number')
    await ann.ask('1', 'After paying')
    await ann.ask('0', 'Price:')
  })
})

describe('once', () => {
  test('an answer whose worker is killed before it is noted is sent again, and shown once', async () => {
    const ann = await enter()
    const before = ann.texts().length
    await ann.ask('/id', 'Your id')
    await shop.killWorker(bot)
    await ann.phone.inbox.next('repeated')
    await ann.ask('/help', 'How it works')
    expect(count(ann, 'Your id')).toBe(1)
    expect(ann.texts()).toHaveLength(before + 2)
  })

  test('goods whose worker is killed when they arrive are handed over once', async () => {
    const ann = await enter()
    const page = await open(ann, 'Product vpn')
    await ann.ask(numberOf(page, 'Buy'), 'How many')
    const confirm = await ann.ask('1', 'After paying')
    await ann.write(numberOf(confirm, 'Pay '))
    await ann.reads(/user-\d+:pw/)
    await shop.killWorker(bot)
    await ann.ask('/id', 'Your id')
    expect(count(ann, /user-\d+:pw/)).toBe(1)
    const { rows } = await shop.db.database.query<{ n: number }>(
      `select count(*)::int as n from customer_order where customer_id = $1 and status = 'paid'`,
      [await shop.customerOf(ann)],
    )
    expect(rows[0]?.n).toBe(1)
  })

  test('a message whose worker is killed between the inbox and the turn is answered by the next', async () => {
    const ann = await enter()
    const { database } = shop.db
    const waiting = async () => {
      const { rows } = await database.query<{ n: number }>(
        'select count(*)::int as n from handled_update where body is not null and outcome is null',
      )
      return rows[0]?.n
    }
    await database.transaction(async (tx) => {
      // No turn gets past the person; the inbox does.
      await tx.query('lock table customer in exclusive mode')
      await ann.write('/id')
      await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 10_000 })
      await shop.killWorker(bot)
    })
    await ann.reads('Your id')
    await ann.ask('/help', 'How it works')
    expect(count(ann, 'Your id')).toBe(1)
    expect(await waiting()).toBe(0)
  })

  test('whoever writes while the worker is told to end is answered once, by it or by the next', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => enter()))
    const { pid } = await shop.rig.until(bot, 'running')
    await Promise.all(people.map((each) => each.write('/id')))
    signalProcess(processOf(pid), 'SIGTERM')
    await Promise.all(people.map((each) => each.reads('Your id')))
    await shop.rig.until(bot, 'running', (view) => view.pid !== pid)
    for (const each of people) {
      await each.ask('/help', 'How it works')
      expect(count(each, 'Your id')).toBe(1)
    }
  })

  test('a message that comes twice, at once and after the connection was gone, is handled once', async () => {
    const ann = await enter()
    const id = await ann.write('/id')
    await ann.reads('Your id')
    await ann.phone.write(number, '/id', { id })
    await ann.ask('/help', 'How it works')
    await shop.killWorker(bot)
    await ann.phone.write(number, '/id', { id })
    await ann.ask('/help', 'How it works')
    expect(count(ann, 'Your id')).toBe(1)
  })

  test('a message that the phone cannot read is sent again in the same words', async () => {
    const ann = await enter()
    ann.phone.failToDecrypt()
    await ann.ask('/id', 'Your id')
    expect(count(ann, 'Your id')).toBe(1)
    expect(ann.phone.inbox.count('undecryptable')).toBe(1)
  })
})

describe('people', () => {
  test('a LID and the phone number that comes to be known are one customer', async () => {
    const given = { name: 'Sara', number: '4915199999999' }
    const hidden = await enter({ ...given, addressing: 'hidden' })
    await hidden.ask('/id', `${hidden.phone.lid}@lid`)
    const known = shop.caller(number, { ...given, addressing: 'pn' })
    await known.ask('balance', 'Your balance: *100 USDT*')
    await known.ask('/id', '4915199999999')
    const lid = shop.caller(number, { ...given, addressing: 'lid' })
    await lid.ask('0', 'Your balance: *100 USDT*')
    await shop.customerOf(lid)
  })

  test('who has written long ago hears that the bot was away, once', async () => {
    const ann = await enter()
    await shop.fake.goAway()
    const sentAt = Math.floor(Date.now() / 1000) - 3600
    await ann.phone.write(number, '/id', { sentAt })
    await ann.phone.write(number, '/id', { sentAt: sentAt + 1 })
    await shop.fake.comeBack()
    await ann.reads('I was away when you wrote')
    await ann.ask('/help', 'How it works')
    expect(count(ann, 'I was away')).toBe(1)
    expect(count(ann, 'Your id')).toBe(0)
  })

  test('groups and status posts are read by nobody', async () => {
    const ann = await enter()
    const before = ann.texts().length
    const group = shop.fake.addGroup('Family', [number, ann.phone.number])
    await ann.phone.writeToGroup(group, '/id')
    await ann.phone.postStatus([number], '/id')
    await ann.ask('/help', 'How it works')
    expect(ann.texts()).toHaveLength(before + 1)
  })

  test('a token that somebody writes is not kept, and they are told to revoke it', async () => {
    const ann = await enter()
    await ann.ask('my bot is 123456789:AAHfiqksKZ8WmR2zSj', 'I could not delete it')
    await ann.ask('0', 'Hello')
  })

  test('who is not there any more hears nothing more; what WhatsApp holds back is tried later', async () => {
    const fates = async (caller: Caller) => {
      const { rows } = await shop.db.database.query<{ state: string; last_error: string | null; blocked: boolean }>(
        `select m.state, m.last_error, c.blocked_at is not null as blocked
         from outbox_message m join customer_chat c on c.customer_id = m.customer_id
         where m.customer_id = $1 order by m.id desc limit 1`,
        [await shop.customerOf(caller)],
      )
      return rows[0]
    }
    const [gone, held] = [shop.caller(number), shop.caller(number)]
    await gone.ask('start', 'Hello')
    await held.ask('start', 'Hello')
    for (const [caller, code, fate] of [
      [gone, 404, { state: 'dead', blocked: true }],
      [held, 463, { state: 'queued', blocked: false }],
    ] as const) {
      shop.fake.plantFault({ kind: 'refuse_message', code })
      await shop.credit(caller)
      const told = { ...fate, last_error: expect.stringContaining(String(code)) }
      await vi.waitFor(async () => expect(await fates(caller)).toMatchObject(told), { timeout: 20_000 })
    }
    await gone.ask('/id', 'Your id')
    expect(await fates(gone)).toMatchObject({ blocked: false })
  })
})

test('a worker that could not read what was left undone asks for it again, and answers', async () => {
  const caller = await enter()
  const { database } = shop.db
  const signature = '(text, bigint, text, integer)'
  await database.query(`alter function whatsapp_pending${signature} rename to whatsapp_pending_away`)
  try {
    await restart()
    await caller.write('help')
    await vi.waitFor(() => expect(shop.rig.logLines.join('')).toContain('whatsapp_pending'), { timeout: 10_000 })
  } finally {
    await database.query(`alter function whatsapp_pending_away${signature} rename to whatsapp_pending`)
  }
  await caller.reads('How it works')
})
