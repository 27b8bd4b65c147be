/** The shop on WhatsApp, as people have it: real worker processes, a fake server, phones. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Language, languages } from '../../../domain/worker-contract.ts'
import { say } from '../../../worker/shop/customer/texts.ts'
import { numberOf, WhatsAppRig } from '../../support/whatsapp-rig.ts'

const number = '491701234567'
let shop: WhatsAppRig
let bot: string

beforeAll(async () => {
  shop = await WhatsAppRig.open()
  bot = await shop.bot(number)
  await shop.product('vpn', {
    lines: ['user-1:pw', 'user-2:pw', 'user-3:pw', 'user-4:pw', 'user-5:pw', 'user-6:pw', 'user-7:pw', 'user-8:pw'],
  })
}, 120_000)
afterAll(() => shop.close())

/** Numbers of countries whose language is guessed. */
const numbers: Record<Language, string> = {
  en: '4915112345678',
  zh: '8613812345678',
  fa: '989121234567',
  ru: '79161234567',
}

test.for(languages)('a customer buys by numbers, in %s', async (language) => {
  const ann = shop.caller(number, { number: numbers[language] })
  const home = await ann.ask('start', say(language, 'button_shop'))
  await shop.credit(ann)
  const shelf = await ann.ask(numberOf(home, say(language, 'button_shop')), 'Product vpn')
  const item = await ann.ask(numberOf(shelf, 'Product vpn'), '2.5 USDT')
  await ann.ask(numberOf(item, say(language, 'button_buy')), '\n0 ')
  const confirm = await ann.ask('۲', '5 USDT')
  await ann.write(numberOf(confirm, '5 USDT'))
  const goods = await ann.reads(/user-\d:pw/)
  expect(goods.match(/```user-\d:pw```/g)).toHaveLength(2)
})

test('bot exists', () => expect(bot).not.toBe(''))
