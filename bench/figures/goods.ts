import { join } from 'node:path'
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { type Currency, parseAmount } from '../../domain/money.ts'
import { masterTenant } from '../../domain/tenant.ts'
import { createProduct } from '../../services/catalogue/create-product.ts'
import { ensureCustomer } from '../../services/customers/ensure-customer.ts'
import { addStock } from '../../services/stock/add-stock.ts'
import { creditPayment } from '../../services/top-ups/credit-payment.ts'
import type { Figure, Run, Sample } from '../figure.ts'
import { Child } from '../support/child.ts'
import { Fleet } from '../support/fleet.ts'
import type { SandboxBot, SandboxClient } from '../support/sandbox-client.ts'
import { medianOf, percentileOf } from '../support/spread.ts'
import { pause } from '../support/wait.ts'

const echoProgram = join(import.meta.dirname, '..', 'programs', 'telegraf-bot.mjs')
const actor: Actor = { name: 'system:bench', userId: null, role: 'owner', tenant: null, source: 'bench' }
const currency: Currency = 'USDT'
const product = 'code'
const goodsWord = 'GOODS-'
const purchases = 100
/** The first ones make plans and connections, and are thrown away. */
const warmUps = 10
/** A bot sends one message a second to a chat, and five at once: so long until a chat that was walked may have five again. */
const restMs = 6000
/** Between purchases, so that none waits for the bot's own limit, 30 messages a second. */
const betweenMs = 250

export const goods: Figure = {
  name: 'goods',
  title: "from a customer's tap on pay to the goods in the chat, p50",
  unit: 'ms',
  digits: 0,
  floor: 'the answer of a bare telegraf bot to a text',
  reach: { text: 'reported', holds: () => true },
  how: `${purchases} customers of one bot walk by its buttons to the confirmation of an order (shop, product, buy, 1) and read it for at least ${restMs / 1000} s, as the bot's pace for a chat would else be measured; then they pay, one after another. The time runs from the press to the moment at which the sandbox takes the message with the goods. The floor is asked by the same person right after: from the text to the answer.`,
  measure,
}

/** What was done to a bot, and the message that came of it. */
interface Exchange {
  readonly update: number
  readonly chat: number
  readonly message: number
}

function measure(run: Run): Promise<Sample> {
  return Fleet.use(run.bench, { bots: 1 }, async (fleet) => {
    const { sandbox, servers } = fleet
    const [bot] = fleet.bots
    const [echo] = await sandbox.addBots(1)
    if (bot === undefined || echo === undefined) throw new Error('a fleet of one has one bot')
    const people = await addPeople(sandbox)
    await servers.database.transaction((tx) => openShop(tx, people, run.bench.key))
    await fleet.servers.start()
    await fleet.servers.untilAllRun()
    return withEcho(run, sandbox, echo, async () => {
      await Promise.all(people.map((person) => walk(sandbox, bot, person)))
      await pause(restMs, run.bench.signal)
      const bought: Exchange[] = []
      const echoed: Exchange[] = []
      for (const person of people) {
        bought.push(await pay(sandbox, bot, person))
        echoed.push(await say(sandbox, echo, person))
        await pause(betweenMs, run.bench.signal)
      }
      const ours = (await waits(sandbox, bot, bought)).slice(warmUps)
      const floor = (await waits(sandbox, echo, echoed)).slice(warmUps)
      const besides = { 'ms p95': percentileOf(ours, 0.95), 'ms p95 of the floor': percentileOf(floor, 0.95) }
      return { ours: medianOf(ours), floor: medianOf(floor), besides }
    })
  })
}

async function addPeople(sandbox: SandboxClient): Promise<number[]> {
  const people: number[] = []
  while (people.length < warmUps + purchases) people.push(await sandbox.addPerson())
  return people
}

/** A product with a unit for everybody, and everybody's balance. */
async function openShop(tx: Tx, people: readonly number[], key: Buffer): Promise<void> {
  const price = parseAmount('10', currency)
  await createProduct(tx, actor, { id: product, name: 'Code', currency, basePrice: price })
  const lines = Buffer.from(people.map((person) => `${goodsWord}${person}`).join('\n'))
  await addStock(tx, actor, { product, keyring: makeKeyring([key]), source: 'bench', goods: { lines } })
  for (const id of people) {
    const person = { platformUserId: String(id), username: null, displayName: 'Ann', languageHint: 'en' }
    const customer = await ensureCustomer(tx, { tenant: masterTenant, platform: 'telegram', person })
    const payment = { provider: 'bench', externalId: `payment-${id}`, customer: customer.id, currency }
    await creditPayment(tx, actor, { ...payment, amount: price })
  }
}

/** The bare bot runs beside the work. */
async function withEcho<T>(run: Run, sandbox: SandboxClient, echo: SandboxBot, work: () => Promise<T>): Promise<T> {
  const environment = { TOKEN: echo.token, API_ROOT: sandbox.url, NODE_ENV: 'production' }
  const child = new Child({ command: process.execPath, args: [echoProgram], environment, signal: run.bench.signal })
  try {
    await child.line(/polling/)
    return await work()
  } finally {
    await child.stop()
  }
}

/** From the first word to the confirmation of an order of one. */
async function walk(sandbox: SandboxClient, { botId }: SandboxBot, person: number): Promise<void> {
  await sandbox.ask(botId, person, '/start')
  for (const begins of ['shop', `item:${product}`, `qty:${product}`, `buy:${product}:1`]) {
    await sandbox.press(botId, person, await sandbox.button(botId, person, begins))
  }
  await sandbox.button(botId, person, `pay:${product}`)
}

/** The answer to the press replaces the confirmation, so that the next message are the goods. */
async function pay(sandbox: SandboxClient, { botId }: SandboxBot, chat: number): Promise<Exchange> {
  const button = await sandbox.button(botId, chat, `pay:${product}`)
  const update = await sandbox.press(botId, chat, button)
  const { message_id: message, text } = await sandbox.answer(botId, chat, button.messageId)
  if (!text.includes(goodsWord)) throw new Error(`not goods, but ${text}`)
  return { update, chat, message }
}

async function say(sandbox: SandboxClient, { botId }: SandboxBot, chat: number): Promise<Exchange> {
  const { update_id: update, message_id: said } = await sandbox.say(botId, chat, 'Hello')
  return { update, chat, message: (await sandbox.answer(botId, chat, said)).message_id }
}

/** How long each took, by the sandbox's clock. */
async function waits(sandbox: SandboxClient, { botId }: SandboxBot, done: readonly Exchange[]): Promise<number[]> {
  const lines = await sandbox.audit({ bot: botId })
  return done.map(({ update, chat, message }) => {
    const from = lines.find((line) => line.kind === 'queued' && line.updateIds.includes(update))
    const to = lines.find((line) => line.kind === 'sent' && line.chatId === chat && line.messageId === message)
    if (from === undefined || to === undefined) throw new Error(`the audit of update ${update} is gone`)
    return to.atMs - from.atMs
  })
}
