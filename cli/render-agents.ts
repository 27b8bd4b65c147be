import type { AgentInstance, AgentView, OwnerView, SalesView } from '../domain/agent.ts'
import { markupWords } from '../domain/markup.ts'
import { type ShopSettings, shopLinks } from '../domain/shop-settings.ts'
import { formatLocalTime, formatRelative, formatTimeLeft } from './format.ts'
import { stateStyle, stateWord } from './instance-words.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

const titleStyle = (output: Output) => (text: string) => output.style('dim', text)

/** Renders the agents as a table. */
export function renderAgents(output: Output, agents: readonly AgentView[]): string {
  if (agents.length === 0) return 'No agents yet: ./botfleet agent create --name NAME --token-file FILE adds one.'
  return renderTable(
    [
      { title: 'AGENT', text: (agent) => agent.id },
      { title: 'NAME', text: (agent) => agent.name, shrinkTo: 8, comfortable: 16 },
      {
        title: 'STATUS',
        text: (agent) => agent.status,
        style: (agent, cell) => output.style(agent.status === 'active' ? 'green' : 'yellow', cell),
      },
      { title: 'MARKUP', text: (agent) => markupWords(agent.markup) },
      {
        title: 'BOTS',
        text: (agent) => agent.instances.map(stateWord).join(', ') || '-',
        shrinkTo: 7,
        comfortable: 12,
      },
      { title: 'CUSTOMERS', align: 'right', text: (agent) => String(agent.customers), dropOrder: 1 },
      {
        title: 'SALES',
        align: 'right',
        text: (agent) => salesText(agent, ({ orders }) => String(orders)),
        dropOrder: 2,
      },
      { title: 'TURNOVER', align: 'right', text: (agent) => salesText(agent, amountText('turnover')), dropOrder: 3 },
      { title: 'PROFIT', align: 'right', text: (agent) => salesText(agent, amountText('profit')), dropOrder: 4 },
    ],
    agents,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders one agent with its bots. */
export function renderAgent(output: Output, agent: AgentView, nowMs: number): string {
  const pairs = renderPairs(output, [
    ['agent', agent.id],
    ['name', escapeControls(agent.name)],
    ['status', output.style(agent.status === 'active' ? 'green' : 'yellow', agent.status)],
    ['markup', markupWords(agent.markup)],
    ['owners', agent.owners.map(ownerText).join(', ') || 'nobody yet'],
    ['customers', String(agent.customers)],
    ...agent.sales.map((sale): [string, string] => ['sales', saleWords(sale)]),
    ['created', `${formatLocalTime(agent.created_at)} (${formatRelative(agent.created_at, nowMs)})`],
    ['next', agent.status === 'paused' ? output.style('bold', `./botfleet agent resume ${agent.id}`) : undefined],
  ])
  return agent.instances.length === 0 ? pairs : `${pairs}\n\n${renderBots(output, agent.instances, nowMs)}`
}

function renderBots(output: Output, bots: readonly AgentInstance[], nowMs: number): string {
  return renderTable(
    [
      { title: 'BOT', text: (bot) => bot.id },
      { title: 'PLATFORM', text: (bot) => bot.platform },
      { title: 'NAME', text: (bot) => (bot.username === null ? bot.name : `@${bot.username}`), shrinkTo: 8 },
      {
        title: 'STATE',
        text: stateWord,
        style: (bot, cell) => {
          const style = stateStyle(bot)
          return style === undefined ? cell : output.style(style, cell)
        },
      },
      {
        title: 'LEFT',
        align: 'right',
        text: (bot) => (bot.expires_at === null ? '-' : formatTimeLeft(Date.parse(bot.expires_at) - nowMs)),
      },
      { title: 'TROUBLE', text: (bot) => bot.last_error ?? '-', shrinkTo: 10, dropOrder: 1 },
    ],
    bots,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders the owners of an agent. */
export function renderOwners(output: Output, owners: readonly OwnerView[]): string {
  if (owners.length === 0) return 'Nobody owns it yet: ./botfleet agent owner claim AGENT makes a link.'
  return renderTable(
    [
      { title: 'PLATFORM', text: (owner) => owner.platform },
      { title: 'ID', text: (owner) => owner.platform_user_id },
      { title: 'SINCE', text: (owner) => formatLocalTime(owner.linked_at) },
    ],
    owners,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders what a shop has set. */
export function renderShop(output: Output, shop: ShopSettings): string {
  const texts = Object.entries(shop.texts).flatMap(([language, byKind]) =>
    Object.entries(byKind).map(([kind, html]): [string, string] => [`${kind} ${language}`, oneLine(html)]),
  )
  return renderPairs(output, [
    ['tenant', shop.tenant],
    ['name', escapeControls(shop.name)],
    ['status', shop.status],
    ['markup', markupWords(shop.markup)],
    ...shopLinks.map((kind): [string, string] => [kind, shop.links[kind] ?? '-']),
    ['notices', shop.notice_chat ?? '-'],
    ...shop.buttons.map(({ title, url }, at): [string, string] => [
      `button ${at + 1}`,
      `${escapeControls(title)}  ${url}`,
    ]),
    ...texts,
  ])
}

function oneLine(html: string): string {
  const line = html.replace(/\s+/g, ' ')
  return escapeControls(line.length > 60 ? `${line.slice(0, 60)}…` : line)
}

function ownerText(owner: OwnerView): string {
  return `${owner.platform} ${owner.platform_user_id}`
}

function saleWords(sale: SalesView): string {
  const orders = `${sale.orders} order${sale.orders === 1 ? '' : 's'} of ${sale.units} item${sale.units === 1 ? '' : 's'}`
  return `${orders}: ${sale.turnover} ${sale.currency}, of it ${sale.profit} ${sale.currency} the agent's`
}

function salesText(agent: AgentView, text: (sale: SalesView) => string): string {
  return agent.sales.map(text).join(', ') || '-'
}

function amountText(of: 'turnover' | 'profit'): (sale: SalesView) => string {
  return (sale) => `${sale[of]} ${sale.currency}`
}
