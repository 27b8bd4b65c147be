/** Whatever goes wrong for a customer has its own sentence in the customer's language, and moves nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Language, languages } from '../../../domain/worker-contract.ts'
import { archiveProduct } from '../../../services/catalogue/archive-product.ts'
import { editProduct } from '../../../services/catalogue/edit-product.ts'
import { blockCustomer } from '../../../services/customers/block-customer.ts'
import { unblockCustomer } from '../../../services/customers/unblock-customer.ts'
import { ownerActor } from '../../support/rig.ts'
import { dataOf, isSentence, labels, ShopRig, type Visitor } from '../../support/shop-rig.ts'

let shop: ShopRig

beforeAll(async () => {
  shop = await ShopRig.open({ TOP_UP_MIN: '5', TOP_UP_MAX: '1000' })
  await shop.product('vpn', { lines: lines(40), price: '2' })
  await shop.product('gone', { price: '2' })
  await shop.product('few', { lines: lines(2), price: '1' })
  await shop.product('scarce', { lines: lines(20), price: '1', limit: 3 })
})
afterAll(() => shop.close())

function lines(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `line-${at}`)
}

function template(language: Language, room: 'customer' | 'common', key: string): string {
  const folder = join(import.meta.dirname, '..', '..', '..', 'worker', 'shop', 'texts')
  const texts = JSON.parse(readFileSync(join(folder, `${room}.${language}.json`), 'utf8')) as Record<string, string>
  const text = texts[key]
  if (text === undefined) throw new Error(`no text ${key}`)
  return text
}

/** A person at the home of the bot; `press` is a button of that message, whatever it shows by now. */
async function enter(language: Language, balance?: string) {
  const visitor: Visitor = shop.visitor(language)
  visitor.chat.start()
  const home = await visitor.chat.answer()
  if (balance !== undefined) await shop.credit(visitor, balance)
  const hears = (key: string, room: 'customer' | 'common' = 'customer') =>
    visitor.chat.waitFor(isSentence(template(language, room, key)))
  return {
    ...visitor,
    visitor,
    hears,
    press: (data: string) => visitor.chat.pressData(home.message_id, data),
    /** The confirmation of an order, and the data of its button. */
    confirm: async (product: string, quantity: number) => {
      visitor.chat.pressData(home.message_id, `buy:${product}:${quantity}`)
      return dataOf(await hears('confirm'), 'pay')
    },
  }
}

/** Does something and expects that neither goods nor money moved. */
async function nothingMoves(act: () => Promise<unknown>): Promise<void> {
  const before = await shop.counts()
  await act()
  expect(await shop.counts()).toEqual(before)
}

describe.each(languages)('in %s', (language) => {
  test('what cannot be bought says why, before there is anything to pay', async () => {
    const ann = await enter(language, '3')
    await nothingMoves(async () => {
      ann.press('buy:vpn:2')
      expect(labels(await ann.hears('refused_not_enough_balance'))).toContain(
        template(language, 'customer', 'button_top_up'),
      )
      ann.press('buy:gone:1')
      expect(labels(await ann.hears('refused_sold_out'))).toContain(template(language, 'customer', 'button_wish'))
      ann.press('buy:few:3')
      const fewer = await ann.hears('refused_fewer_left')
      // The smaller number is offered, and is never sold unasked.
      expect(dataOf(fewer, 'buy')).toBe('buy:few:2')
      ann.press('buy:scarce:4')
      expect(dataOf(await ann.hears('refused_over_limit'), 'buy')).toBe('buy:scarce:3')
      ann.press('buy:nothing:1')
      await ann.hears('refused_not_for_sale')
    })
  })

  test('what changes between the confirmation and the payment is refused by its own sentence', async () => {
    const ann = await enter(language, '20')
    const database = shop.db.database
    const edit = (basePrice: bigint) =>
      database.transaction((tx) => editProduct(tx, ownerActor, { id: 'vpn', basePrice }))
    await nothingMoves(async () => {
      const atOldPrice = await ann.confirm('vpn', 2)
      await edit(3_000_000n)
      ann.press(atOldPrice)
      expect(dataOf(await ann.hears('refused_price_changed'), 'buy')).toBe('buy:vpn:2')
      const atNewPrice = await ann.confirm('vpn', 2)
      await edit(2_000_000n)
      await database.transaction((tx) => archiveProduct(tx, ownerActor, { id: 'vpn' }))
      ann.press(atNewPrice)
      await ann.hears('refused_not_for_sale')
      await database.transaction((tx) => editProduct(tx, ownerActor, { id: 'vpn', status: 'active' }))
      const beforeBlock = await ann.confirm('vpn', 2)
      const id = await shop.customerOf(ann.visitor)
      await database.transaction((tx) => blockCustomer(tx, ownerActor, { id, reason: 'test' }))
      ann.press(beforeBlock)
      await ann.hears('refused_customer_blocked')
      await database.transaction((tx) => unblockCustomer(tx, ownerActor, { id }))
      const beforeOthers = await ann.confirm('few', 2)
      await database.query(`update stock_unit set state = 'spoilt' where product_id = 'few' and id in
        (select id from stock_unit where product_id = 'few' and state = 'available' limit 1)`)
      ann.press(beforeOthers)
      expect(dataOf(await ann.hears('refused_fewer_left'), 'buy')).toBe('buy:few:1')
      await shop.stock('few', { lines: Buffer.from(`more-${language}\n`) })
    })
  })

  test('a quantity that is none is asked for again', async () => {
    const ann = await enter(language)
    await nothingMoves(async () => {
      ann.press('qty:vpn')
      await ann.hears('how_many')
      for (const [typed, key] of [
        ['many', 'quantity_not_a_number'],
        ['1.5', 'quantity_not_whole'],
        ['-3', 'quantity_too_few'],
        ['5000', 'quantity_too_many'],
      ] as const) {
        ann.chat.say(typed)
        await ann.hears(key)
      }
      ann.chat.say('۲')
      await ann.hears('refused_not_enough_balance')
    })
  })

  test('a button of another time, of nobody and of another person says so', async () => {
    const ann = await enter(language)
    await nothingMoves(async () => {
      for (const data of [
        'gone-route:1',
        'pay:vpn',
        'pay:vpn:zz:zz:zz',
        'buy:vpn:0',
        'order:0',
        'кнопка',
        'lang:xx:1',
      ]) {
        const before = ann.chat.messages().length
        ann.press(data)
        await ann.chat.waitFor(
          (message) => message.message_id > before && isSentence(template(language, 'common', 'stale'))(message),
        )
      }
    })
  }, 60_000)
})

test.for(languages)(
  'an amount that is none, or beyond the limits, is asked for again, in %s',
  { concurrent: true, timeout: 60_000 },
  async (language) => {
    const ann = await enter(language)
    ann.chat.say('/topup')
    await ann.hears('how_much')
    for (const [typed, key] of [
      ['much', 'amount_not_a_number'],
      ['1,000', 'amount_not_a_number'],
      ['-5', 'amount_negative'],
      ['5.0000001', 'amount_too_fine'],
      ['99999999999999999999', 'amount_too_large'],
      ['4.99', 'top_up_below_minimum'],
      ['1000.01', 'top_up_above_maximum'],
    ] as const) {
      ann.chat.say(typed)
      await ann.hears(key)
    }
    const own = 'select from top_up where customer_id = $1'
    expect((await shop.db.database.query(own, [await shop.customerOf(ann.visitor)])).rowCount).toBe(0)
    ann.chat.say('12,5 USDT')
    expect((await ann.hears('top_up')).text).toContain('12.5 USDT')
  },
)
