/** Customers buy, as people do: through the sandbox, in every language. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { languages } from '../../../domain/worker-contract.ts'
import { say } from '../../../worker/shop/customer/texts.ts'
import { dataOf, labels, ShopRig } from '../../support/shop-rig.ts'

let shop: ShopRig

beforeAll(async () => {
  shop = await ShopRig.open()
  await shop.product('vpn', { lines: ['a:1', 'b:2', 'c:3', 'd:4', 'e:5', 'f:6', 'g:7', 'h:8'], price: '2.5' })
})
afterAll(() => shop.close())

/** What a text begins with, without its markup and marks. */
const opening = (html: string) => html.replace(/<[^>]*>/g, '').split(/[\u2068\u2069{]/)[0] ?? ''

test.for(languages)('a customer browses, confirms, pays and gets the goods once, in %s', async (language) => {
  const ann = shop.visitor(language)
  ann.chat.start()
  const home = await ann.chat.answer()
  expect(labels(home)).toContain(say(language, 'button_shop'))
  await shop.credit(ann, '7')
  ann.chat.press(say(language, 'button_shop'))
  await ann.chat.waitFor(opening(say(language, 'choose_product')))
  ann.chat.pressData(home.message_id, 'item:vpn')
  await ann.chat.waitFor(/2\.5/)
  ann.chat.pressData(home.message_id, 'qty:vpn')
  await ann.chat.waitFor(({ reply_markup: markup }) => JSON.stringify(markup).includes('buy:vpn:2'))
  ann.chat.say('2')
  const confirm = await ann.chat.waitFor(({ reply_markup: markup }) =>
    JSON.stringify(markup ?? '').includes('"pay:vpn'),
  )
  expect(confirm.text).toContain('5')
  const pay = dataOf(confirm, 'pay')
  ann.chat.pressData(confirm.message_id, pay)
  const goods = await ann.chat.waitFor(/:\d/)
  console.log(
    JSON.stringify(
      ann.chat.messages().map(({ from, text, reply_markup }) => [from, text, JSON.stringify(reply_markup)]),
      null,
      1,
    ),
    goods.text,
  )
})
