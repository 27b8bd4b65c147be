/** What customers find in a bot besides buying: the shop's own words and links, pictures, orders, money, wishes. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ChatMessage } from '../../../sandbox/chat.ts'
import { inlineButtonsOf } from '../../../sandbox/person-chat.ts'
import { addButton } from '../../../services/agents/add-button.ts'
import { createAgent } from '../../../services/agents/create-agent.ts'
import { setLink } from '../../../services/agents/set-link.ts'
import { setMarkup } from '../../../services/agents/set-markup.ts'
import { setText } from '../../../services/agents/set-text.ts'
import { createCategory } from '../../../services/catalogue/create-category.ts'
import { setPicture } from '../../../services/catalogue/set-picture.ts'
import { translateProduct } from '../../../services/catalogue/translate-product.ts'
import { confirmTopUp } from '../../../services/top-ups/confirm-top-up.ts'
import { ownerActor } from '../../support/rig.ts'
import { dataOf, labels, ShopRig } from '../../support/shop-rig.ts'

/** The smallest picture: one transparent dot. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let shop: ShopRig

beforeAll(async () => {
  shop = await ShopRig.open({ TOP_UP_INSTRUCTIONS: 'Send <USDT> on TRON to T9yD14.' })
})
afterAll(() => shop.close())

async function enter(language = 'en', balance = '100') {
  const ann = shop.visitor(language)
  ann.chat.start()
  const home = await ann.chat.answer()
  await shop.credit(ann, balance)
  return { ...ann, home, press: (data: string) => ann.chat.pressData(home.message_id, data) }
}
type Ann = Awaited<ReturnType<typeof enter>>

async function buy(ann: Ann, product: string, quantity: number): Promise<void> {
  ann.press(`buy:${product}:${quantity}`)
  const confirmed = await ann.chat.waitFor(({ reply_markup: markup }) =>
    JSON.stringify(markup ?? '').includes(`"pay:${product}:`),
  )
  ann.press(dataOf(confirmed, 'pay'))
  await ann.chat.waitFor('Paid:')
}

const documents = (ann: Ann) => ann.chat.messages().filter(({ media }) => media?.kind === 'document')

/** What is in a file that the bot has sent. */
async function contentOf({ media }: ChatMessage): Promise<string> {
  const { apiRoot } = shop.sandbox
  const { token } = shop.bot
  const answer = await fetch(`${apiRoot}/bot${token}/getFile?file_id=${media?.file_id ?? ''}`)
  const { result } = (await answer.json()) as { result: { file_path: string } }
  return await (await fetch(`${apiRoot}/file/bot${token}/${result.file_path}`)).text()
}

describe('the shop', () => {
  test('shows its own words, links and buttons at home, and its terms', async () => {
    const tenant = 'master'
    await shop.db.database.transaction(async (tx) => {
      await setText(tx, ownerActor, { tenant, kind: 'welcome', language: 'ru', text: 'Наш <b>магазин</b>' })
      await setText(tx, ownerActor, { tenant, kind: 'terms', language: 'ru', text: 'Без возврата' })
      await setLink(tx, ownerActor, { tenant, kind: 'support', link: '@helper_of_shop' })
      await addButton(tx, ownerActor, { tenant, title: 'FAQ', url: 'https://example.com/faq' })
    })
    const ann = await enter('ru')
    expect(ann.home.text).toContain('Наш магазин')
    const urls = inlineButtonsOf(ann.home).flatMap(({ text, url }) => (url === undefined ? [] : [[text, url]]))
    expect(urls).toEqual([
      ['Поддержка', 'https://t.me/helper_of_shop'],
      ['FAQ', 'https://example.com/faq'],
    ])
    ann.press('terms')
    await ann.chat.waitFor('Без возврата')
    const ben = await enter('en')
    expect(ben.home.text).toContain('this is Test Shop')
    expect(labels(ben.home)).not.toContain('Terms')
  })

  test('shows categories, pages of products, and names in the language of the person', async () => {
    await shop.db.database.transaction(async (tx) => {
      await createCategory(tx, ownerActor, { name: 'Accounts' })
    })
    for (let count = 0; count < 10; count += 1) await shop.product(`account-${count}`, { category: 'Accounts' })
    await shop.product('lonely', { lines: ['x'] })
    await shop.db.database.transaction((tx) =>
      translateProduct(tx, ownerActor, { id: 'lonely', language: 'fa', name: 'تنها', description: 'توضیح' }),
    )
    const ann = await enter('fa')
    ann.press('shop')
    const categories = await ann.chat.waitFor('دنبال چه')
    expect(labels(categories)).toEqual(['Accounts', 'سایر', 'خانه'])
    ann.press(dataOf(categories, 'cat'))
    const first = await ann.chat.waitFor((message) => labels(message).includes('بعدی'))
    expect(labels(first).filter((label) => label.includes('تمام شد'))).toHaveLength(8)
    ann.chat.press('بعدی')
    await ann.chat.waitFor((message) => labels(message).includes('قبلی'))
    ann.press('item:lonely')
    expect((await ann.chat.waitFor('توضیح')).text).toContain('تنها')
  })

  test('shows a picture with a product, uploaded once, and a long description beside it', async () => {
    await shop.product('pictured', { lines: ['x'], description: 'Short.' })
    await shop.product('epic', { lines: ['x'], description: 'Long. '.repeat(300) })
    await shop.db.database.transaction(async (tx) => {
      await setPicture(tx, ownerActor, { id: 'pictured', picture: png })
      await setPicture(tx, ownerActor, { id: 'epic', picture: png })
    })
    const ann = await enter()
    ann.press('item:pictured')
    const shown = await ann.chat.waitFor('Short.')
    expect(shown.media?.kind).toBe('photo')
    expect(labels(shown)).toContain('Buy')
    const ben = await enter()
    ben.press('item:pictured')
    expect((await ben.chat.waitFor('Short.')).media?.file_id).toBe(shown.media?.file_id)
    ben.press('item:epic')
    const text = await ben.chat.waitFor('Long. Long.')
    expect(text.media).toBeUndefined()
    const picture = ben.chat.messages().find(({ message_id: id }) => id === text.message_id - 1)
    expect(picture).toMatchObject({ text: 'Product epic', media: { kind: 'photo' } })
  })

  test('a picture that Telegram cannot read is left out', async () => {
    await shop.product('broken', { lines: ['x'], description: 'Unseen.' })
    const head = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    await shop.db.database.transaction((tx) => setPicture(tx, ownerActor, { id: 'broken', picture: head }))
    shop.sandbox.plantFault({
      kind: 'status',
      status: 400,
      description: 'Bad Request: IMAGE_PROCESS_FAILED',
      method: 'sendPhoto',
    })
    const ann = await enter()
    ann.press('item:broken')
    expect((await ann.chat.waitFor('Unseen.')).media).toBeUndefined()
  })
})

describe('orders', () => {
  test('are listed, and their goods shown again as what they are: text, a long list as a file, files', async () => {
    await shop.product('short', { lines: ['one <1>'], price: '1' })
    await shop.product('long', { lines: Array.from({ length: 60 }, (_, at) => `${at}-${'x'.repeat(80)}`), price: '1' })
    await shop.product('files', { price: '1' })
    await shop.stock('files', { file: { name: 'a "key".txt', bytes: Buffer.from('content') } })
    const ann = await enter()
    await buy(ann, 'short', 1)
    await buy(ann, 'long', 60)
    await buy(ann, 'files', 1)
    await vi.waitFor(() => expect(documents(ann)).toHaveLength(2), { timeout: 30_000 })
    const said = ann.chat.messages().filter(({ text }) => text.includes('one <1>')).length
    ann.chat.say('/orders')
    const list = await ann.chat.waitFor('Your orders, newest first')
    expect(
      labels(list)
        .slice(0, 3)
        .map((label) => label.replace(/^\d+ /, '')),
    ).toEqual(['· Product files × 1 · 1 USDT', '· Product long × 60 · 60 USDT', '· Product short × 1 · 1 USDT'])
    for (const label of labels(list).slice(0, 3)) {
      const data = inlineButtonsOf(list).find(({ text }) => text === label)?.callback_data ?? ''
      ann.press(data)
      const order = await ann.chat.waitFor(({ reply_markup: markup }) =>
        JSON.stringify(markup ?? '').includes(`"goods:${data.split(':')[1]}"`),
      )
      ann.press(dataOf(order, 'goods'))
    }
    await vi.waitFor(() => expect(documents(ann)).toHaveLength(4), { timeout: 30_000 })
    await vi.waitFor(
      () => expect(ann.chat.messages().filter(({ text }) => text.includes('one <1>'))).toHaveLength(said + 1),
      { timeout: 30_000 },
    )
    const names = documents(ann).map(({ media }) => media?.name)
    expect(names.filter((name) => name === 'a _key_.txt')).toHaveLength(2)
    const long = documents(ann).find(({ media }) => media?.name.startsWith('order-'))
    expect(long === undefined ? '' : await contentOf(long)).toContain('59-xxx')
  }, 90_000)

  test('of other people are not there', async () => {
    await shop.product('secret', { lines: ['hush-hush'], price: '1' })
    const ann = await enter()
    await buy(ann, 'secret', 1)
    const { rows } = await shop.db.database.query<{ id: number }>('select max(id)::int as id from customer_order')
    const ben = await enter()
    ben.press(`order:${rows[0]?.id}`)
    await ben.chat.waitFor('There is no such order of yours.')
    ben.press(`goods:${rows[0]?.id}`)
    await ben.chat.waitFor('This order has no goods to show.')
    expect(ben.chat.messages().some(({ text }) => text.includes('hush'))).toBe(false)
  })
})

describe('money', () => {
  test('a top-up shows how to pay and until when, is confirmed by an admin once, and stands in the history', async () => {
    const ann = await enter()
    ann.press('topup')
    const asked = await ann.chat.waitFor('By how much')
    expect(labels(asked)).toEqual(['10 USDT', '20 USDT', '50 USDT', '100 USDT', 'Cancel'])
    const twenty = inlineButtonsOf(asked).find(({ text }) => text === '20 USDT')?.callback_data ?? ''
    ann.press(twenty)
    ann.press(twenty)
    const shown = await ann.chat.waitFor('Please pay by')
    expect(shown.text).toContain('Send <USDT> on TRON to T9yD14.')
    const cancel = dataOf(shown, 'unfill')
    await vi.waitFor(() => expect(shop.sandbox.unconfirmed(shop.bot.id)).toBe(0), { timeout: 30_000 })
    const { rows } = await shop.db.database.query<{ id: number }>('select id::int as id from top_up')
    expect(rows).toHaveLength(1)
    for (let count = 0; count < 2; count += 1) {
      const confirm = { id: rows[0]?.id ?? 0, externalId: 'tx-1' }
      await shop.db.database.transaction((tx) => confirmTopUp(tx, ownerActor, confirm))
    }
    await ann.chat.waitFor('Your payment has arrived: 20 USDT')
    ann.press(cancel)
    await ann.chat.waitFor('does not wait for a payment any more')
    ann.press('balance')
    const history = await ann.chat.waitFor('Your balance: 120 USDT')
    expect(history.text).toMatch(/\+20 USDT · .* UTC\nTop-up\n\+100 USDT · .* UTC\nCorrection by support/)
  })

  test('a top-up that is cancelled is over', async () => {
    const ann = await enter()
    ann.chat.say('/topup')
    await ann.chat.waitFor('By how much')
    ann.chat.say('33')
    ann.press(dataOf(await ann.chat.waitFor('Please pay by'), 'unfill'))
    await ann.chat.waitFor('Your top-up of 33 USDT is cancelled.')
    ann.press('topup')
    await ann.chat.waitFor((message) => message.text.includes('By how much') && !labels(message).join().includes('33'))
  })
})

test('a wish for what is sold out is granted when it is there again', async () => {
  await shop.product('wished')
  const ann = await enter()
  ann.press('item:wished')
  ann.press(dataOf(await ann.chat.waitFor('Sold out at the moment.'), 'wish'))
  await ann.chat.waitFor('as soon as it is back in stock')
  await shop.stock('wished', { lines: Buffer.from('now') })
  await ann.chat.waitFor('Product wished is back in stock.')
  ann.press('wish:wished')
  await ann.chat.waitFor('it is in stock right now')
})

test('news can be turned off and on', async () => {
  const ann = await enter()
  ann.press('settings')
  ann.press(dataOf(await ann.chat.waitFor('You hear of news and offers'), 'news'))
  const off = await ann.chat.waitFor('You hear of no news and offers')
  // On the screen where they were turned off they can be turned on again, and home is one press away.
  expect(off.message_id).toBe(ann.home.message_id)
  ann.press(dataOf(off, 'news'))
  await ann.chat.waitFor('You hear of news and offers')
  expect(ann.chat.messages().filter(({ text }) => text.includes('news'))).toHaveLength(1)
})

test("an agent's bot sells at the agent's price, and says so when its shop is paused", async () => {
  await shop.product('resold', { lines: ['r1', 'r2'], price: '10' })
  const bot = shop.sandbox.createBot({ name: 'Agent', username: 'agent_bot' })
  const { rig, db } = shop
  const { instance } = await db.database.transaction(async (tx) => {
    const approve = { months: 1, daysPerMonth: 30, portBase: rig.settings.WORKER_PORT_BASE, portCount: 500 } as const
    const agent = { id: 'ann', name: 'Agent', token: bot.token, keyring: rig.keyring, approve }
    const made = await createAgent(tx, ownerActor, { ...agent, platform: 'telegram', server: rig.settings.SERVERNAME })
    await setMarkup(tx, ownerActor, { tenant: 'agent:ann', markup: { kind: 'percent', hundredths: 1000n } })
    return made
  })
  await rig.until(instance.id, 'running')
  const ben = shop.visitor('en', bot.id)
  ben.chat.start()
  const home = await ben.chat.answer()
  await shop.credit(ben, '50')
  ben.chat.pressData(home.message_id, 'buy:resold:2')
  const confirmed = await ben.chat.waitFor('2 × 11 USDT = 22 USDT')
  await db.database.query(`update tenant set status = 'paused' where id = 'agent:ann'`)
  ben.chat.pressData(home.message_id, dataOf(confirmed, 'pay'))
  await ben.chat.waitFor('The shop is paused at the moment. Nothing was charged.')
  ben.chat.pressData(home.message_id, 'home')
  await ben.chat.waitFor('What you bought and your balance are safe.')
})
