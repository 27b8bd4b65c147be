import { parseDecimalText } from '../../../domain/decimal-text.ts'
import type { Fields, Value } from '../../../domain/extended-json.ts'
import { Failure } from '../../../domain/failure.ts'
import type { Markup } from '../../../domain/money.ts'
import { openOldToken } from '../../../domain/old-token.ts'
import { buttonsMax, parseButton, parseChat, parseLink, type ShopButton } from '../../../domain/shop-settings.ts'
import { parseTelegramToken } from '../../../domain/telegram-token.ts'
import { Misfit } from '../misfit.ts'
import { quoted, type Row, translate } from '../row.ts'
import type { Decoded } from './decoded.ts'

/** What the seeds call an agent's state, and what it is here: none of them runs before it is approved here. */
const statuses = {
  active: 'active',
  running: 'active',
  starting: 'active',
  paused: 'paused',
  stopped: 'paused',
  suspended: 'suspended',
} as const

export interface AgentDocument {
  readonly tenant: string
  readonly name: string
  readonly status: 'active' | 'paused' | 'suspended'
  readonly markup: Markup
  readonly owners: readonly string[]
  readonly supportLink: string | null
  readonly channelLink: string | null
  readonly announcementLink: string | null
  readonly extraLinks: readonly ShopButton[]
  readonly noticeChat: string | null
  readonly createdAt: string | null
  /** The bot's token, opened. */
  readonly token: string | null
  /** Settings that cannot be kept here, and why. */
  readonly dropped: readonly string[]
}

/** What an agent's document counts of its money (seed 001); seed 000 keeps `agent_ledger` instead. */
export interface AgentCounters {
  readonly available: bigint
  readonly held: bigint
  readonly paid: bigint
}

/** An agent with its settings and its bot (seed rows S0-012 to S0-025, S1-032 to S1-045). */
export function decodeAgent(row: Row, oldKeys: readonly Buffer[]): { decoded: Decoded; agent: AgentDocument } {
  const tenant = row.agentTenant()
  const agentId = tenant.replace(/^agent:/, '')
  const settings = new Settings(row)
  const agent: AgentDocument = {
    tenant,
    name: (row.text('name', 'agent_name') ?? agentId).slice(0, 200),
    status: translate(row.word('status') ?? 'active', statuses, 'status'),
    markup: markupOf(row),
    owners: ownersOf(row),
    supportLink: settings.link('links.support_link', 'settings.customer_service', 'support_link'),
    channelLink: settings.link('links.channel_link', 'settings.official_channel', 'channel_link'),
    announcementLink: settings.link('links.announcement_link', 'settings.restock_group', 'announcement_link'),
    extraLinks: settings.buttons('links.extra_links', 'settings.extra_links', 'extra_links'),
    noticeChat: settings.chat('settings.notify_channel_id', 'notify_channel_id'),
    createdAt: row.time('created_at'),
    token: tokenOf(row, oldKeys),
    dropped: settings.dropped,
  }
  const counters = countersOf(row)
  const payout = {
    // Requests name their address each time; these were the agent's defaults (seed rows S0-022, S0-023).
    wallet_address: row.text('payout.wallet_address'),
    min_withdrawal: row.text('payout.min_withdrawal'),
  }
  const decoded: Decoded = {
    key: row.key(agentId),
    tenant,
    number: agentId,
    state: agent.status,
    amount: counters === null ? 0n : counters.available + counters.held + counters.paid,
    details: { counters: counters === null ? null : JSON.parse(JSON.stringify(counters, asText)), ...payout },
    columns: {},
    identity: JSON.stringify([agent, counters, payout], asText),
  }
  return { decoded, agent }
}

/** Reads settings by the rules that they have here; what does not pass is left out and named. */
class Settings {
  readonly dropped: string[] = []
  readonly #row: Row

  constructor(row: Row) {
    this.#row = row
  }

  link(...names: readonly string[]): string | null {
    return this.#keep(names, parseLink)
  }

  chat(...names: readonly string[]): string | null {
    return this.#keep(names, parseChat)
  }

  buttons(...names: readonly string[]): ShopButton[] {
    const list = this.#row.value(...names) ?? []
    if (!Array.isArray(list)) return this.#drop(names[0], 'it is no list') ?? []
    const buttons = (list as readonly Value[]).flatMap((entry, index) => {
      const { title, url } = (typeof entry === 'object' && entry !== null ? entry : {}) as Fields
      const name = `${names[0] ?? ''}[${index}]`
      if (typeof title !== 'string' || typeof url !== 'string')
        return this.#drop(name, 'it lacks its title or its url') ?? []
      return this.#tried(name, () => parseButton({ title, url })) ?? []
    })
    for (const [index] of buttons.slice(buttonsMax).entries()) {
      this.#drop(`${names[0] ?? ''}[${buttonsMax + index}]`, `a shop has at most ${buttonsMax} buttons`)
    }
    return buttons.slice(0, buttonsMax)
  }

  #keep(names: readonly string[], parse: (text: string) => string): string | null {
    const text = this.#row.text(...names)
    return text === null ? null : this.#tried(names[0] ?? '', () => parse(text))
  }

  #tried<T>(name: string, parse: () => T): T | null {
    try {
      return parse()
    } catch (error) {
      if (error instanceof Failure) return this.#drop(name, error.message)
      throw error
    }
  }

  #drop(name: string | undefined, why: string): null {
    this.dropped.push(`${name ?? ''}: ${why}`)
    return null
  }
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

function markupOf(row: Row): Markup {
  const fixed = row.amount('markup_usdt')
  const kind = row.word('pricing.markup_type', 'markup_type')
  const pricing = kind === null ? null : pricedMarkup(row, kind)
  const isZero = (markup: Markup) => (markup.kind === 'percent' ? markup.hundredths : markup.amount) === 0n
  if (pricing !== null && !isZero(pricing)) {
    const same = pricing.kind === 'fixed' && pricing.amount === fixed
    if (fixed !== null && fixed !== 0n && !same) {
      throw new Misfit('its pricing and its markup_usdt are two different markups: remove the one that does not hold')
    }
    return pricing
  }
  if (fixed === null) return pricing ?? { kind: 'percent', hundredths: 0n }
  return { kind: 'fixed', amount: fixedMarkup(fixed) }
}

/** As the database has it: a thousand units of it still fit. */
function fixedMarkup(amount: bigint): bigint {
  if (amount >= 0n && amount <= 1_000_000_000_000n) return amount
  throw new Misfit('its markup is negative, or more than a million a unit')
}

function pricedMarkup(row: Row, kind: string): Markup {
  const names = ['pricing.markup_value', 'markup_value'] as const
  if (kind === 'fixed') {
    return { kind, amount: fixedMarkup(row.amount(...names) ?? 0n) }
  }
  if (kind !== 'percent') throw new Misfit(`its markup_type is ${quoted(kind)}: percent or fixed is needed`)
  const text = row.text(...names) ?? '0'
  const read = parseDecimalText(text, 2)
  if (read === null || read.rounded.amount !== 0n || read.amount < 0n || read.amount > 10_000_000n) {
    throw new Misfit(
      `its markup is ${quoted(text)} percent: 0 to 100000 with at most 2 digits behind the point is needed`,
    )
  }
  return { kind, hundredths: read.amount }
}

function ownersOf(row: Row): string[] {
  const many = row.value('owner_user_ids', 'owners')
  const ids = [row.text('owner_user_id', 'owner_id'), ...(Array.isArray(many) ? many : [many])]
  const owners = ids.filter((id): id is string => typeof id === 'string')
  const wrong = owners.find((id) => !/^\d{1,19}$/.test(id))
  if (wrong !== undefined) throw new Misfit(`its owner ${quoted(wrong)} is no user id of Telegram`)
  return [...new Set(owners)]
}

function countersOf(row: Row): AgentCounters | null {
  const names = ['profit_available_usdt', 'profit_frozen_usdt', 'total_paid_usdt'] as const
  if (names.every((name) => row.text(name) === null)) return null
  const [available, held, paid] = names.map((name) => {
    const amount = row.amount(name) ?? 0n
    if (amount < 0n) throw new Misfit(`its ${name} is negative: settle it there first`)
    return amount
  })
  return { available: available ?? 0n, held: held ?? 0n, paid: paid ?? 0n }
}

function tokenOf(row: Row, oldKeys: readonly Buffer[]): string | null {
  const box = row.text('bot_token_encrypted', 'token_encrypted', 'token', 'bot_token')
  if (box === null) return null
  // The old system kept plain ones where it had no key.
  const plain = isToken(box) ? box : openOldToken(box, oldKeys)
  if (plain !== null && isToken(plain)) return plain.trim()
  if (plain !== null) throw new Misfit('what its token opens to is no token of Telegram')
  throw new Misfit(
    oldKeys.length === 0
      ? 'its token is encrypted: give the AGENT_TOKEN_AES_KEY of the old system by --old-key-file FILE'
      : 'its token does not open with any key of --old-key-file: it was encrypted with another one',
  )
}

function isToken(text: string): boolean {
  try {
    parseTelegramToken(text)
    return true
  } catch {
    return false
  }
}
