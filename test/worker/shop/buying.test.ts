/** Customers buy, as people do: through the sandbox, in every language, and with workers that die on the way. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { languages } from '../../../domain/worker-contract.ts'
import type { ChatMessage } from '../../../sandbox/chat.ts'
import { translateProduct } from '../../../services/catalogue/translate-product.ts'
import { say } from '../../../worker/shop/customer/texts.ts'
import { kill, processOf } from '../../support/faults.ts'
import { ownerActor } from '../../support/rig.ts'
import { dataOf, isSentence, labels, ShopRig, type Visitor } from '../../support/shop-rig.ts'

let shop: ShopRig
let units = 0

beforeAll(async () => {
  shop = await ShopRig.open()
  await shop.product('vpn', { price: '2.5' })
})
afterAll(() => shop.close())

/** Puts so many units on the shelf; returns what is in them. */
async function stock(count: number): Promise<string[]> {
  const lines = Array.from({ length: count }, () => `user-${(units += 1)}:pw`)
  await shop.stock('vpn', { lines: Buffer.from(lines.join('\n')) })
  return lines
}

/** A person at the home of the bot, with money. */
async function enter(language: (typeof languages)[number] = 'en') {
  const ann: Visitor = shop.visitor(language)
  ann.chat.start()
  const home = await ann.chat.answer()
  await shop.credit(ann, '7')
  return { ...ann, home, press: (data: string) => ann.chat.pressData(home.message_id, data) }
}
type Ann = Awaited<ReturnType<typeof enter>>

const hasButton = (route: string) => (message: ChatMessage) =>
  JSON.stringify(message.reply_markup ?? '').includes(`"${route}:`)
const isConfirm = hasButton('pay')

/** The confirmation of an order, and the data of its button. */
async function confirm(ann: Ann, quantity: number): Promise<string> {
  ann.press(`buy:vpn:${quantity}`)
  return dataOf(await ann.chat.waitFor(isConfirm), 'pay')
}

/** Messages in which goods stand. */
const goodsIn = (ann: Ann) => ann.chat.messages().filter(({ from, text }) => from === 'bot' && text.includes(':pw'))
const allConfirmed = () => vi.waitFor(() => expect(shop.sandbox.unconfirmed(shop.bot.id)).toBe(0), { timeout: 30_000 })
const pidOf = async () => (await shop.rig.show(shop.instance)).pid
async function killWorker(): Promise<void> {
  await kill(processOf(await pidOf()))
}

test.for(languages)('a customer browses, confirms, pays and gets the goods, in %s', async (language) => {
  const lines = await stock(2)
  const ann = await enter(language)
  const sees = (key: Parameters<typeof say>[1]) => ann.chat.waitFor(isSentence(say(language, key)))
  expect(labels(ann.home)).toContain(say(language, 'button_shop'))
  ann.press('shop')
  const shelf = await sees('choose_product')
  expect(labels(shelf).join()).toContain('2.5 USDT')
  ann.press(dataOf(shelf, 'item'))
  ann.press(dataOf(await ann.chat.waitFor(hasButton('qty')), 'qty'))
  await sees('how_many')
  ann.chat.say('2')
  const confirmed = await sees('confirm')
  expect(confirmed.text).toContain('5 USDT')
  ann.chat.pressData(confirmed.message_id, dataOf(confirmed, 'pay'))
  await vi.waitFor(() => expect(goodsIn(ann)).toHaveLength(1), { timeout: 20_000 })
  for (const line of lines) expect(goodsIn(ann)[0]?.text).toContain(line)
  expect((await sees('paid')).text).toContain('2 USDT')
  expect(ann.chat.messages().filter(({ from }) => from === 'bot')).toHaveLength(4)
})

test('a receipt stays in the chat: what its buttons lead to comes below', async () => {
  await stock(1)
  const ann = await enter()
  ann.press(await confirm(ann, 1))
  const receipt = await ann.chat.waitFor(isSentence(say('en', 'paid')))
  ann.chat.pressData(receipt.message_id, dataOf(receipt, 'order'))
  const order = await ann.chat.waitFor((message) => message.text.includes('Status: paid'))
  expect(order.message_id).toBeGreaterThan(receipt.message_id)
  expect(ann.chat.messages().find(({ message_id: id }) => id === receipt.message_id)).toEqual(receipt)
})

test.for([
  ['fa', 'کلید'],
  ['ru', 'Ключ'],
] as const)('what was bought has its name in the customer’s language, in %s', async ([language, name]) => {
  await stock(1)
  await shop.db.database.transaction((tx) => translateProduct(tx, ownerActor, { id: 'vpn', language, name }))
  const ann = await enter(language)
  const named = async (sentence: Parameters<typeof say>[1]) => {
    const message = await ann.chat.waitFor(isSentence(say(language, sentence)))
    expect(message.text + labels(message).join()).toContain(name)
    return message
  }
  ann.press(await confirm(ann, 1))
  const receipt = await named('paid')
  ann.chat.pressData(receipt.message_id, dataOf(receipt, 'order'))
  await named('order')
  ann.press('orders')
  await named('orders')
  ann.press('balance')
  expect((await ann.chat.waitFor(isSentence(say(language, 'balance')))).text).toContain(name)
})

test('a payment that is pressed twice, under one update after the other, sells once', async () => {
  await stock(4)
  const before = await shop.counts()
  const ann = await enter()
  const pay = await confirm(ann, 1)
  for (let count = 0; count < 3; count += 1) ann.press(pay)
  await vi.waitFor(() => expect(goodsIn(ann)).toHaveLength(1), { timeout: 20_000 })
  await allConfirmed()
  expect(await shop.counts()).toMatchObject({ sold: before.sold + 1, orders: before.orders + 1 })
  expect(goodsIn(ann)).toHaveLength(1)
})

test('two confirmations are two orders', async () => {
  await stock(2)
  const ann = await enter()
  const first = await confirm(ann, 1)
  ann.press('home')
  await ann.chat.waitFor('Hello')
  const second = await confirm(ann, 1)
  expect(second).not.toBe(first)
  ann.press(first)
  ann.press(second)
  await vi.waitFor(() => expect(goodsIn(ann)).toHaveLength(2), { timeout: 20_000 })
})

test.for(['silence', 'silence_after'] as const)(
  'a worker that dies in the answer to a payment (%s) has sold once, and the next one hands the goods over',
  async (kind) => {
    await stock(2)
    const before = await shop.counts()
    const ann = await enter()
    const pay = await confirm(ann, 1)
    shop.sandbox.plantFault({ kind, method: 'editMessageText', chatId: ann.id })
    ann.press(pay)
    await vi.waitFor(() => expect(shop.sandbox.faultsLeft()).toBe(0), { timeout: 20_000 })
    await killWorker()
    await vi.waitFor(() => expect(goodsIn(ann)).toHaveLength(1), { timeout: 30_000 })
    await allConfirmed()
    expect(await shop.counts()).toMatchObject({ sold: before.sold + 1, orders: before.orders + 1 })
    expect(goodsIn(ann)).toHaveLength(1)
    expect(ann.chat.messages().some(isSentence(say('en', 'paid')))).toBe(true)
  },
)

test.for(['silence', 'silence_after'] as const)(
  'a worker that dies while it sends the goods (%s): they arrive once',
  async (kind) => {
    await stock(1)
    const ann = await enter()
    const pay = await confirm(ann, 1)
    // The answer to the payment replaces its button's message, so that what is sent are the goods.
    shop.sandbox.plantFault({ kind, method: 'sendMessage', chatId: ann.id })
    ann.press(pay)
    await vi.waitFor(() => expect(shop.sandbox.faultsLeft()).toBe(0), { timeout: 20_000 })
    await killWorker()
    await vi.waitFor(() => expect(goodsIn(ann)).toHaveLength(1), { timeout: 30_000 })
    await vi.waitFor(async () => {
      const { rows } = await shop.db.database.query<{ state: string }>(
        `select state from outbox_message where kind = 'goods' order by id desc limit 1`,
      )
      expect(rows[0]?.state).toBe('sent')
    }, 30_000)
    expect(goodsIn(ann)).toHaveLength(1)
  },
)

test('what a person was asked for is known to the next worker, and is forgotten by another choice', async () => {
  await stock(3)
  const ann = await enter()
  ann.press('qty:vpn')
  await ann.chat.waitFor(isSentence(say('en', 'how_many')))
  await allConfirmed()
  const first = await pidOf()
  await killWorker()
  await shop.rig.until(shop.instance, 'running', ({ pid }) => pid !== first)
  ann.chat.say('2')
  await ann.chat.waitFor(isConfirm)
  ann.press('qty:vpn')
  ann.press('cancel')
  await ann.chat.waitFor('Cancelled. Nothing was changed.')
  ann.chat.say('2')
  await ann.chat.waitFor('I did not understand that.')
})

test('a worker that dies between a typed answer and its note understands it as before', async () => {
  await stock(2)
  const ann = await enter()
  ann.press('qty:vpn')
  await ann.chat.waitFor(isSentence(say('en', 'how_many')))
  await allConfirmed()
  shop.sandbox.plantFault({ kind: 'silence_after', method: 'sendMessage', chatId: ann.id })
  ann.chat.say('2')
  await vi.waitFor(() => expect(shop.sandbox.faultsLeft()).toBe(0), { timeout: 20_000 })
  const shown = dataOf(await ann.chat.waitFor(isConfirm), 'pay')
  await killWorker()
  await allConfirmed()
  expect(ann.chat.messages().filter(isConfirm)).toHaveLength(1)
  // The button is the one that was shown first, which may have been pressed already: it sells once.
  const pay = dataOf(await ann.chat.waitFor(isConfirm), 'pay')
  expect(pay).toBe(shown)
  ann.press(pay)
  ann.press(pay)
  await vi.waitFor(() => expect(goodsIn(ann)).toHaveLength(1), { timeout: 20_000 })
})
