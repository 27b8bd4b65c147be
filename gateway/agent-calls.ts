/**
 * What an agent's owner asks for in the agent's own bot (seed 001). Three guards stand before all of it (seed rows S1-101
 * to S1-103): the bot is an agent's, the shop is there, and the person owns it.
 */
import { createHash } from 'node:crypto'
import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import type { AgentPanel, agentCalls } from '../domain/agent-calls.ts'
import { formatAmount, parseAmount } from '../domain/money.ts'
import type { Outside, Refused } from '../domain/room-result.ts'
import type { ShopButton, ShopSettings } from '../domain/shop-settings.ts'
import { masterTenant } from '../domain/tenant.ts'
import { isTronAddress } from '../domain/tron-address.ts'
import { type EarningsView, quoteWithdrawal, withdrawalCurrency, withdrawalRulesOf } from '../domain/withdrawal.ts'
import { addButton } from '../services/agents/add-button.ts'
import { redeemClaim } from '../services/agents/redeem-claim.ts'
import { removeButton } from '../services/agents/remove-button.ts'
import { setLink } from '../services/agents/set-link.ts'
import { setMarkup } from '../services/agents/set-markup.ts'
import { setNoticeChat } from '../services/agents/set-notice-chat.ts'
import { setText } from '../services/agents/set-text.ts'
import { shopOf } from '../services/agents/shop-of.ts'
import { ownerOf } from '../services/chat/actors.ts'
import { salesOf } from '../services/chat/sales-of.ts'
import type { FencedInstance } from '../services/fence.ts'
import { enqueueToOwners } from '../services/outbox/enqueue.ts'
import { cancelWithdrawal } from '../services/withdrawals/cancel-withdrawal.ts'
import { earningsOf } from '../services/withdrawals/earnings-of.ts'
import { listWithdrawals } from '../services/withdrawals/list-withdrawals.ts'
import { requestWithdrawal } from '../services/withdrawals/request-withdrawal.ts'
import { change, look, type RoomCall, type RoomHandlers } from './call-frame.ts'
import { markupOf } from './markup-words.ts'
import { orRefused, refused, refusedBy } from './refusals.ts'
import { stepWords, withdrawalPage } from './withdrawal-words.ts'

type AgentCallName = keyof typeof agentCalls
const pageSize = 5

/** Who has passed the guards, and in which shop. */
interface Owner {
  readonly tx: Tx
  readonly actor: Actor
  readonly tenant: string
}

async function asOwner<T>(
  { tx, instance, person }: Pick<RoomCall<AgentCallName>, 'tx' | 'instance' | 'person'>,
  work: (owner: Owner) => Promise<T>,
): Promise<T | Refused | Outside> {
  if (instance.tenant === masterTenant) return { kind: 'elsewhere' }
  const actor = await ownerOf(tx, instance, person)
  if (actor === undefined) return { kind: 'stranger' }
  return orRefused(tx, {}, () => work({ tx, actor, tenant: instance.tenant }))
}

/** A change of the shop, answered with the dashboard. */
function shopChange<N extends AgentCallName>(
  work: (owner: Owner, call: RoomCall<N>) => Promise<ShopSettings>,
): (call: RoomCall<N>) => Promise<Refused | Outside | { kind: 'done'; panel: AgentPanel }> {
  return (call) => asOwner(call, async (owner) => panelOf(owner, await work(owner, call)))
}

export const agentHandlers: RoomHandlers<AgentCallName> = {
  agentPanel: look((call) => asOwner(call, async (owner) => panelOf(owner, await shopOf(owner.tx, owner.tenant)))),

  agentMarkup: change(
    shopChange<'agentMarkup'>(({ tx, actor, tenant }, { request }) =>
      setMarkup(tx, actor, { tenant, markup: markupOf(request.markup) }),
    ),
  ),

  agentLink: change(
    shopChange<'agentLink'>(({ tx, actor, tenant }, { request }) =>
      setLink(tx, actor, { tenant, kind: request.link, link: request.url }),
    ),
  ),

  agentAddButton: change(
    shopChange<'agentAddButton'>(({ tx, actor, tenant }, { request }) =>
      addButton(tx, actor, { tenant, title: request.title, url: request.url }),
    ),
  ),

  agentRemoveButton: change(
    shopChange<'agentRemoveButton'>(async ({ tx, actor, tenant }, { request }) => {
      const { buttons } = await shopOf(tx, tenant)
      const index = buttons.findIndex((button) => buttonId(button) === request.button)
      // A position of 0 is nobody's.
      return removeButton(tx, actor, { tenant, position: index + 1, title: buttons[index]?.title })
    }),
  ),

  agentText: look((call) =>
    asOwner(call, async ({ tx, tenant }) => {
      const { text, in: language } = call.request
      const { texts } = await shopOf(tx, tenant)
      return { kind: 'done', text, in: language, html: texts[language]?.[text] ?? null, trouble: null } as const
    }),
  ),

  agentSetText: change((call) =>
    asOwner(call, async ({ tx, actor, tenant }) => {
      const { text, in: language, html } = call.request
      const { shop, trouble } = await setText(tx, actor, { tenant, kind: text, language, text: html })
      return { kind: 'done', text, in: language, html: shop.texts[language]?.[text] ?? null, trouble } as const
    }),
  ),

  agentNoticeChat: change(
    shopChange<'agentNoticeChat'>(({ tx, actor, tenant }, { request }) =>
      setNoticeChat(tx, actor, { tenant, chat: request.chat }),
    ),
  ),

  agentTestNotice: change(
    shopChange<'agentTestNotice'>(async ({ tx, tenant }, { instance, request }) => {
      const shop = await shopOf(tx, tenant)
      const reference = `${instance.instanceId}:${request.nonce ?? request.updateKey}`
      await enqueueToOwners(tx, { tenant, kind: 'test', payload: { shop: shop.name }, reference })
      return shop
    }),
  ),

  agentQuote: look((call) => asOwner(call, (owner) => quoteOf(owner, call))),

  agentWithdraw: change((call) =>
    asOwner(call, async ({ tx, actor, tenant }) => {
      const { instance, person, request, settings } = call
      const outcome = await requestWithdrawal(tx, actor, {
        tenant,
        amount: parseAmount(request.amount, withdrawalCurrency),
        address: request.address,
        key: `${instance.instanceId}:${request.nonce ?? request.updateKey}`,
        rules: withdrawalRulesOf(settings),
        chat: { platform: instance.platform, platformUserId: person.platformUserId },
      })
      return stepWords(outcome)
    }),
  ),

  agentWithdrawals: look((call) =>
    asOwner(call, async ({ tx, actor, tenant }) => {
      const before = call.request.before ?? undefined
      const found = await listWithdrawals(tx, actor, { tenant, before, limit: pageSize + 1 })
      return { kind: 'done', ...withdrawalPage(found, pageSize) } as const
    }),
  ),

  agentCancelWithdrawal: change((call) =>
    asOwner(call, async ({ tx, actor, tenant }) => {
      const outcome = await cancelWithdrawal(tx, actor, { id: call.request.withdrawal, tenant })
      return stepWords(outcome)
    }),
  ),

  agentStatistics: look((call) =>
    asOwner(call, async ({ tx, actor, tenant }) => {
      const { sales, customers, recentCustomers } = await salesOf(tx, actor, { tenant })
      return { kind: 'done', sales, customers, recent_customers: recentCustomers } as const
    }),
  ),

  claimShop: change(async ({ tx, instance, person, request }) => {
    const { result } = await redeemClaim(tx, { ...claimant(instance, person), code: request.code })
    return result
  }),
}

function claimant(
  { tenant, platform, instanceId }: FencedInstance,
  { platformUserId }: { readonly platformUserId: string },
) {
  return { tenant, platform, platformUserId, source: `bot:${instanceId}` }
}

async function panelOf({ tx, actor, tenant }: Owner, shop: ShopSettings): Promise<{ kind: 'done'; panel: AgentPanel }> {
  const { name, status, markup, links, notice_chat } = shop
  const earned = await earningsOf(tx, actor, { tenant })
  const none = {
    currency: withdrawalCurrency,
    available: '0',
    pending: '0',
    held: '0',
    paid_out: '0',
    debt: '0',
  } as const
  const earnings = earned.length === 0 ? [none] : earned.map(earningWords)
  const buttons = shop.buttons.map((button) => ({ id: buttonId(button), title: button.title, url: button.url }))
  return { kind: 'done', panel: { name, status, markup, earnings, links, buttons, notice_chat } }
}

function earningWords({ currency, available, pending, held, paid_out, debt }: EarningsView) {
  return { currency, available, pending, held, paid_out, debt }
}

function buttonId({ title, url }: ShopButton): string {
  return createHash('sha256').update(`${title}\n${url}`).digest('hex').slice(0, 12)
}

/** What an amount comes to, and whether the address is one; what is named is checked as the request will be. */
async function quoteOf({ tx, actor, tenant }: Owner, { request, settings }: RoomCall<'agentQuote'>) {
  const rules = withdrawalRulesOf(settings)
  const earned = await earningsOf(tx, actor, { tenant })
  const usdt = earned.find(({ currency }) => currency === withdrawalCurrency)
  const available = usdt?.available ?? '0'
  if (usdt !== undefined && usdt.debt !== '0') return refused('in_debt', usdt.debt)
  const show = (amount: bigint) => formatAmount(amount, withdrawalCurrency)
  const terms = { currency: withdrawalCurrency, available, minimum: show(rules.minimum), fee: show(rules.fee) } as const
  if (request.amount === null) return { kind: 'done', ...terms, amount: null, net: null, address: null } as const
  const amount = parseAmount(request.amount, withdrawalCurrency)
  const quoted = quoteWithdrawal(amount, rules)
  if (quoted.kind === 'refused') return refusedBy(quoted, 'unknown_withdrawal')
  if (amount > parseAmount(available, withdrawalCurrency)) return refused('above_available', available)
  const address = request.address?.trim() ?? null
  if (address !== null && !isTronAddress(address)) return refused('wrong_address')
  const { net } = quoted.quote
  return { kind: 'done', ...terms, amount: quoted.quote.amount, net, address } as const
}
