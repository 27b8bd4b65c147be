/** What the demo's bots sell, to whom, and with what in their pockets; a second demo finds it all there. */
import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { Platform } from '../domain/instance.ts'
import type { Keyring } from '../domain/keyring.ts'
import { type Currency, parseAmount } from '../domain/money.ts'
import { masterTenant } from '../domain/tenant.ts'
import type { Sandbox } from '../sandbox/start-sandbox.ts'
import { whatsappNumberOf } from '../sandbox/whatsapp-number.ts'
import { addOwner } from '../services/agents/add-owner.ts'
import { setMarkup } from '../services/agents/set-markup.ts'
import { createCategory } from '../services/catalogue/create-category.ts'
import { createProduct } from '../services/catalogue/create-product.ts'
import { listProducts } from '../services/catalogue/list-products.ts'
import { renameCategory } from '../services/catalogue/rename-category.ts'
import { translateProduct } from '../services/catalogue/translate-product.ts'
import { ensureCustomer } from '../services/customers/ensure-customer.ts'
import { addStock } from '../services/stock/add-stock.ts'
import { creditPayment } from '../services/top-ups/credit-payment.ts'
import type { RunningServer } from './start-server.ts'

const currency: Currency = 'USDT'
const pocketMoney = '100'
const markupHundredths = 1000n
const unitsEach = 25

const categoryNames = { zh: '兑换码', fa: 'کدها', ru: 'Коды' } as const
const otherLanguages = ['zh', 'fa', 'ru'] as const
const products = [
  {
    id: 'gift-card',
    name: 'Gift card',
    description: 'A code worth ten coffees.',
    inOthers: {
      zh: { name: '礼品卡', description: '一个兑换码，可换十杯咖啡。' },
      fa: { name: 'کارت هدیه', description: 'کدی به ارزش ده فنجان قهوه.' },
      ru: { name: 'Подарочная карта', description: 'Код на десять чашек кофе.' },
    },
    price: '10',
    goods: (number: number) => `GIFT-${String(number).padStart(4, '0')}-DEMO`,
  },
  {
    id: 'vpn-month',
    name: 'VPN, one month',
    description: 'A key that works for 30 days.',
    inOthers: {
      zh: { name: 'VPN，一个月', description: '有效期 30 天的密钥。' },
      fa: { name: 'اشتراک یک‌ماههٔ VPN', description: 'کلیدی که 30 روز کار می‌کند.' },
      ru: { name: 'VPN на месяц', description: 'Ключ, который работает 30 дней.' },
    },
    price: '4.5',
    goods: (number: number) => `vpn://demo-${String(number).padStart(4, '0')}.example`,
  },
]

export interface DemoPeople {
  /** Buys. */
  readonly customer: { readonly id: number; readonly number: string; readonly name: string; readonly balance: string }
  /** Owns the agent's shop. */
  readonly owner: { readonly id: number; readonly name: string }
}

/** The people of the sandbox, in an order that gives them the same ids in every demo. */
export function addPeople(sandbox: Sandbox): DemoPeople {
  const customer = sandbox.addPerson({ firstName: 'Sam', languageCode: 'en' })
  const owner = sandbox.addPerson({ firstName: 'Ada', languageCode: 'en' })
  return {
    customer: {
      id: customer.id,
      number: whatsappNumberOf(customer),
      name: customer.first_name,
      balance: `${pocketMoney} ${currency}`,
    },
    owner: { id: owner.id, name: owner.first_name },
  }
}

/** Puts two products on the shelf, gives the agent its owner and its markup, and the customer a balance in each shop. */
export async function openShop(
  { database, actor, keyring }: RunningServer,
  given: { readonly agent: string; readonly people: DemoPeople },
): Promise<void> {
  const { agent, people } = given
  await database.transaction(async (tx) => {
    await setMarkup(tx, actor, { tenant: agent, markup: { kind: 'percent', hundredths: markupHundredths } })
    await addOwner(tx, actor, { tenant: agent, platform: 'telegram', platformUserId: String(people.owner.id) })
    const { id, number, name } = people.customer
    for (const tenant of [masterTenant, agent]) {
      const whose = { tenant, platform: 'telegram', platformUserId: String(id), name } as const
      await fillPocket(tx, actor, { ...whose, paidAs: `pocket-money-${tenant}` })
    }
    const onWhatsApp = { tenant: masterTenant, platform: 'whatsapp', platformUserId: number, name } as const
    await fillPocket(tx, actor, { ...onWhatsApp, paidAs: 'pocket-money-whatsapp' })
    if ((await listProducts(tx, actor, {})).length === 0) await fillShelves(tx, actor, keyring())
  })
}

async function fillShelves(tx: Tx, actor: Actor, keyring: Keyring): Promise<void> {
  const category = await createCategory(tx, actor, { name: 'Codes' })
  for (const language of otherLanguages) {
    await renameCategory(tx, actor, { category: String(category.id), language, name: categoryNames[language] })
  }
  for (const { id, name, description, inOthers, price, goods } of products) {
    const basePrice = parseAmount(price, currency)
    await createProduct(tx, actor, { id, name, description, category: String(category.id), currency, basePrice })
    for (const language of otherLanguages) await translateProduct(tx, actor, { id, language, ...inOthers[language] })
    const lines = Buffer.from(Array.from({ length: unitsEach }, (_, index) => goods(index + 1)).join('\n'))
    await addStock(tx, actor, { product: id, keyring, source: 'demo', goods: { lines } })
  }
}

interface Pocket {
  readonly tenant: string
  readonly platform: Platform
  readonly platformUserId: string
  readonly name: string
  /** The payment's own name: it is credited once. */
  readonly paidAs: string
}

async function fillPocket(tx: Tx, actor: Actor, pocket: Pocket): Promise<void> {
  const { tenant, platform, platformUserId, name, paidAs } = pocket
  const person = { platformUserId, username: null, displayName: name, languageHint: 'en' }
  const customer = await ensureCustomer(tx, { tenant, platform, person })
  const payment = { provider: 'demo', externalId: paidAs, customer: customer.id, currency }
  await creditPayment(tx, actor, { ...payment, amount: parseAmount(pocketMoney, currency) })
}
