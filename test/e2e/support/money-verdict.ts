/**
 * Whether the money is where it should be, and the goods with whoever paid for them: what the ledger says of itself, and
 * what the rows of orders and refunds, the chats and the people's own memory say of it.
 */
import type { ChatMessage } from '../../../sandbox/chat.ts'
import { checkLedger } from '../../../services/ledger/check-ledger.ts'
import { openStockUnit } from '../../../services/stock/open-stock-unit.ts'
import { say } from '../../../worker/shop/notices/texts.ts'
import common from '../../../worker/shop/texts/common.en.json' with { type: 'json' }
import { ownerActor } from '../../support/rig.ts'
import { isSentence } from '../../support/shop-rig.ts'
import type { ChaosFleet } from './chaos-fleet.ts'
import type { MoneyOffice } from './money-office.ts'
import type { Owner, Shopper } from './money-shopper.ts'

export interface MoneyScene {
  readonly fleet: ChaosFleet
  readonly office: MoneyOffice
  readonly shoppers: readonly Shopper[]
  readonly owners: readonly Owner[]
}

/** What has happened, in one line. */
export async function summaryOf({ fleet }: Pick<MoneyScene, 'fleet'>): Promise<string> {
  const { rows } = await fleet.database.query<Record<string, number>>(
    `select (select count(*) from customer_order where status <> 'refused') as orders,
       (select count(*) from customer_order where status = 'refused') as refused,
       (select count(*) from order_refund) as refunds, (select count(*) from withdrawal) as withdrawals,
       (select count(*) from withdrawal where state = 'paid') as "paid out",
       (select count(*) from outbox_message) as messages`,
  )
  const counts = Object.entries(rows[0] ?? {})
  return counts.map(([what, count]) => `${count} ${what}`).join(', ')
}

/** What still waits for somebody; empty when all has come to rest. */
export async function whatWaits({ fleet }: Pick<MoneyScene, 'fleet'>): Promise<string[]> {
  const { rows } = await fleet.database.query<{ what: string }>(
    `select 'message ' || id || ' is ' || state || ', ' || coalesce(last_error, '-') as what
     from outbox_message where state <> 'sent'
     union all select 'order ' || id || ' is reserved' from customer_order where status = 'reserved'
     union all select 'unit ' || id || ' is reserved' from stock_unit where state = 'reserved'
     union all select 'profit of ' || order_id || ' is pending' from agent_profit where state = 'pending'`,
  )
  const updates = fleet.bots.flatMap(({ instance, botId }) => {
    const count = fleet.sandbox.unconfirmed(botId)
    return count === 0 ? [] : [`${count} updates of ${instance}`]
  })
  return [...rows.map(({ what }) => what), ...updates]
}

/** Everything that is not as it should be. */
export async function judgeMoney(scene: MoneyScene): Promise<string[]> {
  const verdicts = [
    judgeLedger,
    judgeSum,
    judgeBalances,
    judgeStock,
    judgeOrders,
    judgeWithdrawals,
    judgeGoods,
    judgeChats,
  ]
  return (await Promise.all(verdicts.map((judge) => judge(scene)))).flat()
}

async function judgeLedger({ fleet }: MoneyScene): Promise<string[]> {
  const { findings } = await checkLedger(fleet.database, ownerActor)
  return findings.flatMap(({ check, differences }) => differences.map((one) => `${check}: ${JSON.stringify(one)}`))
}

/** What all accounts hold is what the office has given, to the last unit. */
async function judgeSum({ fleet, office }: MoneyScene): Promise<string[]> {
  const { rows } = await fleet.database.query<{ sum: string }>(
    `select sum(coalesce(a.balance, moved.amount))::text as sum from account a cross join lateral (
       select sum(case when t.to_account = a.id then t.amount else -t.amount end) as amount
       from transfer t where a.id in (t.from_account, t.to_account)
     ) as moved where a.kind <> 'adjustment'`,
  )
  const given = [...office.given.values()].reduce((sum, amount) => sum + amount, 0n)
  return rows[0]?.sum === String(given) ? [] : [`${given} were given, and ${rows[0]?.sum} are there`]
}

/** By the rows of orders and refunds and what the office remembers, without the ledger. */
async function judgeBalances({ fleet, office }: MoneyScene): Promise<string[]> {
  const { rows } = await fleet.database.query<{ id: string; paid: string; refunded: string; balance: string }>(
    `select c.id, coalesce(a.balance, 0)::text as balance,
       (select coalesce(sum(total), 0)::text from customer_order where customer_id = c.id and paid_at is not null) as paid,
       (select coalesce(sum(r.amount), 0)::text from order_refund r join customer_order o on o.id = r.order_id
        where o.customer_id = c.id) as refunded
     from customer c left join account a on a.customer_id = c.id and a.kind = 'customer'`,
  )
  return rows.flatMap(({ id, paid, refunded, balance }) => {
    const expected = (office.given.get(id) ?? 0n) - BigInt(paid) + BigInt(refunded)
    return expected === BigInt(balance) ? [] : [`customer ${id} has ${balance} and should have ${expected}`]
  })
}

async function judgeStock({ fleet, office }: MoneyScene): Promise<string[]> {
  const { rows } = await fleet.database.query<{ what: string }>(
    `select 'of ' || $1::int || ' units there are ' || count(*) as what from stock_unit
     where state in ('available', 'reserved', 'sold', 'spoilt') having count(*) <> $1
     union all
     select 'unit ' || u.id || ' is sold by no order' from stock_unit u
     left join customer_order o on o.id = u.order_id and o.paid_at is not null and o.product_id = u.product_id
     where u.state = 'sold' and o.id is null`,
    [office.imported],
  )
  return rows.map(({ what }) => what)
}

/** Each screen that somebody confirmed, however often, is one order. */
async function judgeOrders({ fleet, shoppers }: MoneyScene): Promise<string[]> {
  const { rows } = await fleet.database.query<{ what: string; count: number }>(
    `select o.instance_id || ' ' || c.platform_user_id || ' ' || o.product_id || ' ' || o.quantity as what,
       count(*)::int as count
     from customer_order o join customer c on c.id = o.customer_id where o.instance_id is not null group by 1`,
  )
  const confirmed = new Map<string, number>()
  for (const { visitor, confirmed: buttons } of shoppers) {
    for (const data of buttons) {
      const [, product = '', quantity = ''] = data.split(':')
      const what = `${visitor.bot.instance} ${visitor.personId} ${product} ${Number.parseInt(quantity, 36)}`
      confirmed.set(what, (confirmed.get(what) ?? 0) + 1)
    }
  }
  const ordered = new Map(rows.map(({ what, count }) => [what, count]))
  return [...new Set([...confirmed.keys(), ...ordered.keys()])].flatMap((what) => {
    const [wanted, found] = [confirmed.get(what) ?? 0, ordered.get(what) ?? 0]
    return wanted === found ? [] : [`${what}: ${wanted} screens were confirmed, and ${found} orders made`]
  })
}

/** Each confirmation of the owner's that was granted, however often it was pressed, is one withdrawal. */
async function judgeWithdrawals({ fleet, owners }: MoneyScene): Promise<string[]> {
  const { rows } = await fleet.database.query<{ count: number }>('select count(*)::int as count from withdrawal')
  const granted = owners.reduce((sum, owner) => sum + owner.granted, 0)
  const count = rows[0]?.count ?? 0
  return count === granted ? [] : [`${granted} withdrawals were granted, and ${count} are there`]
}

interface OrderRow {
  readonly id: number
  readonly person: string
  readonly tenant: string
  /** All of it was refunded before anything was handed over. */
  readonly isVoid: boolean
  /** Units that must be in the message, and those that may be. */
  readonly kept: readonly number[]
  readonly units: readonly number[]
}

/** The goods of every paid order stand in one message, in a chat of its buyer, and nowhere else. */
async function judgeGoods({ fleet, shoppers }: MoneyScene): Promise<string[]> {
  const { rows } = await fleet.database.query<OrderRow>(
    `select o.id, c.platform_user_id as person, o.tenant_id as tenant, array_agg(u.unit_id::int) as units,
       coalesce(array_agg(u.unit_id::int) filter (where u.refunded_at is null or u.refunded_at > o.delivered_at), '{}') as kept,
       bool_and(coalesce(u.refunded_at < o.delivered_at, false)) as "isVoid"
     from customer_order o join customer c on c.id = o.customer_id join order_unit u on u.order_id = o.id
     where o.paid_at is not null group by o.id, c.platform_user_id, o.tenant_id`,
  )
  const found = goodsInChats(shoppers)
  const lines = await unitLines(fleet)
  const wrong = rows.flatMap(({ id, person, tenant, isVoid, kept, units }) => {
    const messages = found.get(id) ?? []
    found.delete(id)
    if (messages.length === 0 && isVoid) return []
    const [message] = messages
    if (message === undefined || messages.length > 1) return [`the goods of order ${id} came ${messages.length} times`]
    if (message.person !== person || message.tenant !== tenant) return [`the goods of order ${id} went to a stranger`]
    const allowed = new Set(units.map((unit) => lines.get(unit)))
    const missing = kept.filter((unit) => !message.lines.includes(lines.get(unit) ?? ''))
    const foreign = message.lines.filter((line) => !allowed.has(line))
    return missing.length + foreign.length === 0
      ? []
      : [`order ${id}: missing ${missing.join()}, too much ${foreign.join()}`]
  })
  return [...wrong, ...[...found.keys()].map((id) => `goods of order ${id}, which nobody paid`)]
}

/** Messages with goods, by their order. */
function goodsInChats(shoppers: readonly Shopper[]) {
  const found = new Map<number, { person: string; tenant: string; lines: string[] }[]>()
  for (const { visitor } of shoppers) {
    for (const { text } of visitor.chat.messages().filter(({ from }) => from === 'bot')) {
      const order = Number(/^[^\n]*, order (\d+):\n/.exec(text)?.[1])
      if (Number.isNaN(order)) continue
      const goods = { person: String(visitor.personId), tenant: visitor.bot.tenant, lines: text.split('\n').slice(1) }
      found.set(order, [...(found.get(order) ?? []), goods])
    }
  }
  return found
}

/** What is in each unit of stock. */
async function unitLines({ database, keyring }: ChaosFleet): Promise<Map<number, string>> {
  const { rows } = await database.query<{ id: number; product_id: string; sealed: string }>(
    'select id, product_id, sealed from stock_unit',
  )
  return new Map(rows.map((row) => [row.id, openStockUnit(keyring, row).toString('utf8')]))
}

/** A bot says nothing twice: it answers each text once, and tells each message of the outbox once. */
async function judgeChats({ fleet, shoppers }: MoneyScene): Promise<string[]> {
  const { rows } = await fleet.database.query<{ instance: string; person: string; kind: string; count: number }>(
    `select m.instance_id as instance, c.platform_user_id as person, m.kind, count(*)::int as count
     from outbox_message m join customer c on c.id = m.customer_id group by 1, 2, 3`,
  )
  return shoppers.flatMap(({ visitor, said }) => {
    const { bot, personId, chat } = visitor
    const told = rows.filter(({ instance, person }) => instance === bot.instance && person === String(personId))
    const most = new Map([['answer', said], ...told.map(({ kind, count }) => [kind, count] as const)])
    const kinds = chat.messages().map(kindOf)
    const wrong = [...new Set(kinds)].flatMap((kind) => {
      const count = kinds.filter((one) => one === kind).length
      return kind === undefined || count <= (most.get(kind) ?? 0) ? [] : [`${kind} ${count} for ${most.get(kind)}`]
    })
    if (wrong.length === 0) return []
    const transcript = chat.messages().map(({ message_id: id, from, text }) => `${id} ${from}: ${text.slice(0, 60)}`)
    return [`${bot.instance} said too much to ${personId}: ${wrong.join()}\n${transcript.join('\n')}`]
  })
}

/** Which message of the outbox it is, or an answer; that a bot is busy is neither. */
function kindOf(message: ChatMessage): string | undefined {
  if (message.from !== 'bot' || message.text === common.busy) return undefined
  const kinds = ['goods', 'order_refunded', 'order_expired', 'balance_adjusted'] as const
  return kinds.find((kind) => isSentence(say('en', kind))(message)) ?? 'answer'
}
