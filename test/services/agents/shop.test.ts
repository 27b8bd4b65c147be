/** What an agent sets for its shop: markup, links, buttons, texts, where it is told. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addButton } from '../../../services/agents/add-button.ts'
import { removeButton } from '../../../services/agents/remove-button.ts'
import { setLink } from '../../../services/agents/set-link.ts'
import { setMarkup } from '../../../services/agents/set-markup.ts'
import { setNoticeChat } from '../../../services/agents/set-notice-chat.ts'
import { setText } from '../../../services/agents/set-text.ts'
import { shopOf } from '../../../services/agents/shop-of.ts'
import { showShop } from '../../../services/agents/show-shop.ts'
import { type AgentWorld, agentActor, createAgentWorld } from './agents-fixture.ts'

let world: AgentWorld
let tenant: string
beforeAll(async () => {
  world = await createAgentWorld()
})
afterAll(() => world.drop())
beforeEach(async () => {
  ;({ tenant } = await world.addAgent())
})
const owner = () => agentActor(tenant)

describe('the markup', () => {
  it('in percent is added from the next order on; an order keeps what it was made with', async () => {
    await world.addStock('marked', 10)
    const customer = await world.addCustomer(tenant, { balance: 100_000_000n })
    const first = await world.buy(tenant, customer, 'marked')
    const shop = await world.run(setMarkup, { tenant, markup: { kind: 'percent', hundredths: 1000n } }, owner())
    expect(shop.markup).toEqual({ kind: 'percent', percent: '10', fixed: { USDT: '0', IRR: '0' } })
    const second = await world.buy(tenant, customer, 'marked')
    const { rows } = await world.database.query<{ price: string }>(
      'select unit_price::text as price from customer_order where id = any($1) order by id',
      [[first.id, second.id]],
    )
    // Seed row S0-084 in small: base 10 and 10 %.
    expect(rows.map(({ price }) => price)).toEqual(['10000000', '11000000'])
  })

  it('fixed is an amount a unit in its currency (seed row S1-021)', async () => {
    await world.addStock('marked', 5)
    const customer = await world.addCustomer(tenant, { balance: 100_000_000n })
    await world.run(setMarkup, { tenant, markup: { kind: 'fixed', amount: 50_000n, currency: 'USDT' } }, owner())
    await world.run(setMarkup, { tenant, markup: { kind: 'fixed', amount: 7n, currency: 'IRR' } }, owner())
    const { markup } = await shopOf(world.database, tenant)
    expect(markup).toEqual({ kind: 'fixed', percent: '0', fixed: { USDT: '0.05', IRR: '7' } })
    const { id } = await world.buy(tenant, customer, 'marked')
    const { rows } = await world.database.query(
      'select unit_price::text, markup::text from customer_order where id = $1',
      [id],
    )
    expect(rows).toEqual([{ unit_price: '10050000', markup: '50000' }])
  })

  it('of percent is kept while a fixed one is in use, and the other way round', async () => {
    await world.run(setMarkup, { tenant, markup: { kind: 'percent', hundredths: 250n } })
    await world.run(setMarkup, { tenant, markup: { kind: 'fixed', amount: 1n, currency: 'USDT' } })
    const shop = await world.run(setMarkup, { tenant, markup: { kind: 'percent', hundredths: 300n } })
    expect(shop.markup).toEqual({ kind: 'percent', percent: '3', fixed: { USDT: '0.000001', IRR: '0' } })
  })

  it('is refused by the database when it is negative or absurd', async () => {
    for (const markup of [
      { kind: 'percent', hundredths: -1n },
      { kind: 'percent', hundredths: 10_000_001n },
      { kind: 'fixed', amount: -1n, currency: 'USDT' },
      { kind: 'fixed', amount: 1_000_000_000_001n, currency: 'USDT' },
    ] as const) {
      await expect(world.run(setMarkup, { tenant, markup })).rejects.toThrow(/check constraint/)
    }
    expect((await shopOf(world.database, tenant)).markup.percent).toBe('0')
  })

  it('is not for the master', async () => {
    const markup = { kind: 'percent', hundredths: 100n } as const
    await expect(world.run(setMarkup, { tenant: 'master', markup })).rejects.toMatchObject({ code: 'usage' })
  })

  it('is in the audit', async () => {
    await world.run(setMarkup, { tenant, markup: { kind: 'fixed', amount: 50_000n, currency: 'USDT' } }, owner())
    expect((await world.audit('shop.set_markup')).at(-1)).toEqual({
      actor: 'owner:telegram:1',
      tenant_id: tenant,
      target_id: tenant,
      details: { kind: 'fixed', amount: '0.05', currency: 'USDT' },
    })
  })
})

describe('links', () => {
  it('are set one by one and taken away', async () => {
    await world.run(setLink, { tenant, kind: 'support', link: '@mysupport' }, owner())
    await world.run(setLink, { tenant, kind: 'channel', link: 't.me/mychannel' }, owner())
    const shop = await world.run(setLink, { tenant, kind: 'announcement', link: 'https://example.com/n' }, owner())
    const links = { support: '@mysupport', channel: 'https://t.me/mychannel', announcement: 'https://example.com/n' }
    expect(shop.links).toEqual(links)
    const after = await world.run(setLink, { tenant, kind: 'channel', link: null }, owner())
    expect(after.links).toEqual({ ...links, channel: null })
  })

  it('that are none are refused', async () => {
    const link = 'javascript:alert(1)'
    await expect(world.run(setLink, { tenant, kind: 'support', link }, owner())).rejects.toMatchObject({
      code: 'usage',
      details: { trouble: 'not_a_link' },
    })
  })
})

describe('own buttons', () => {
  const add = (title: string) => world.run(addButton, { tenant, title, url: '@rules' }, owner())

  it('are at most five, in the order in which they came', async () => {
    for (const title of ['1', '2', '3', '4', '5']) await add(title)
    await expect(add('6')).rejects.toMatchObject({ code: 'conflict', details: { trouble: 'too_many_buttons' } })
    const { buttons } = await shopOf(world.database, tenant)
    expect(buttons.map(({ title }) => title)).toEqual(['1', '2', '3', '4', '5'])
    expect(buttons[0]).toEqual({ title: '1', url: 'https://t.me/rules' })
  })

  it('added by ten at once are five', async () => {
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => add(String(n))))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    expect((await shopOf(world.database, tenant)).buttons).toHaveLength(5)
  })

  it('are taken away by position; a stale list takes nothing away', async () => {
    for (const title of ['a', 'b', 'c']) await add(title)
    await world.run(removeButton, { tenant, position: 2, title: 'b' }, owner())
    const stale = world.run(removeButton, { tenant, position: 2, title: 'b' }, owner())
    await expect(stale).rejects.toMatchObject({ code: 'not_found', details: { trouble: 'no_such_button' } })
    const { buttons } = await shopOf(world.database, tenant)
    expect(buttons.map(({ title }) => title)).toEqual(['a', 'c'])
  })

  it.each([0, 3, -1, 1.5, 1e12, Number.NaN])('have none at %s', async (position) => {
    for (const title of ['a', 'b']) await add(title)
    await expect(world.run(removeButton, { tenant, position }, owner())).rejects.toMatchObject({ code: 'not_found' })
    expect((await shopOf(world.database, tenant)).buttons).toHaveLength(2)
  })
})

describe('texts', () => {
  it('are set for each language, and taken back', async () => {
    const set = (language: 'en' | 'fa', text: string | null) =>
      world.run(setText, { tenant, kind: 'welcome', language, text }, owner())
    await set('en', '<b>Hello</b>')
    const { shop } = await set('fa', 'سلام')
    expect(shop.texts).toEqual({ en: { welcome: '<b>Hello</b>' }, fa: { welcome: 'سلام' } })
    await set('en', 'Hello again')
    await world.run(setText, { tenant, kind: 'terms', language: 'en', text: 'No refunds' }, owner())
    await set('fa', null)
    expect((await shopOf(world.database, tenant)).texts).toEqual({
      en: { welcome: 'Hello again', terms: 'No refunds' },
    })
  })

  it('that are no HTML are kept as plain words, and it is said why', async () => {
    const input = { tenant, kind: 'help' as const, language: 'en' as const, text: 'write <support' }
    const { shop, trouble } = await world.run(setText, input, owner())
    expect(shop.texts.en?.help).toBe('write &lt;support')
    expect(trouble).toMatch(/stands alone/)
  })
})

describe('a shop', () => {
  it('has a chat for notices', async () => {
    const shop = await world.run(setNoticeChat, { tenant, chat: '-1001234567890' }, owner())
    expect(shop.notice_chat).toBe('-1001234567890')
    expect((await world.run(setNoticeChat, { tenant, chat: null }, owner())).notice_chat).toBeNull()
    const wrong = world.run(setNoticeChat, { tenant, chat: 'my channel' }, owner())
    await expect(wrong).rejects.toMatchObject({ details: { trouble: 'not_a_chat' } })
  })

  it('of the master has links, buttons and texts too', async () => {
    await world.run(setLink, { tenant: 'master', kind: 'support', link: '@house' })
    await world.run(addButton, { tenant: 'master', title: 'Rules', url: '@rules' })
    const { links, buttons, status } = await world.run(showShop, { tenant: 'master' })
    expect({ support: links.support, buttons: buttons.length, status }).toEqual({
      support: '@house',
      buttons: 1,
      status: 'active',
    })
  })

  it('that does not exist is not found', async () => {
    const nobody = 'agent:nobody'
    await expect(world.run(showShop, { tenant: nobody })).rejects.toMatchObject({ code: 'not_found' })
    const setting = world.run(setLink, { tenant: nobody, kind: 'support', link: '@house' })
    await expect(setting).rejects.toMatchObject({ code: 'not_found' })
    const text = world.run(setText, { tenant: nobody, kind: 'help', language: 'en', text: 'Help' })
    await expect(text).rejects.toMatchObject({ code: 'not_found' })
  })
})
