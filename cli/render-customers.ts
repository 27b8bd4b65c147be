import type { BalanceView, CustomerDetails, CustomerOrder, CustomerView, TransactionView } from '../domain/customer.ts'
import { formatLocalStamp, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

const titleStyle = (output: Output) => (text: string) => output.style('dim', text)

/** Renders customers as a table. */
export function renderCustomers(output: Output, customers: readonly CustomerView[], nowMs: number): string {
  if (customers.length === 0) return 'No customers that match.'
  return renderTable(
    [
      { title: 'CUSTOMER', text: (customer) => customer.id },
      { title: 'NAME', text: nameOf, shrinkTo: 8 },
      { title: 'BALANCE', align: 'right', text: (customer) => balanceText(customer.balances) },
      {
        title: 'STATUS',
        text: statusOf,
        style: (customer, cell) => (statusOf(customer) === 'active' ? cell : output.style('red', cell)),
      },
      { title: 'TENANT', text: (customer) => customer.tenant, dropOrder: 2, shrinkTo: 8 },
      { title: 'ORDERS', align: 'right', text: (customer) => String(customer.orders), dropOrder: 3 },
      { title: 'SEEN', text: (customer) => formatRelative(customer.last_seen_at, nowMs), dropOrder: 4 },
    ],
    customers,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders one customer with its latest orders. */
export function renderCustomer(output: Output, customer: CustomerDetails, nowMs: number): string {
  const timeOf = (time: string) => `${formatLocalTime(time)} (${formatRelative(time, nowMs)})`
  const { blocked_at: blockedAt, blocked_reason: reason, erased_at: erasedAt } = customer
  const pairs = renderPairs(output, [
    ['customer', customer.id],
    ['name', escapeControls(nameOf(customer))],
    ['tenant', customer.tenant],
    ['on', `${customer.platform} ${customer.platform_user_id}`],
    ['language', customer.language ?? undefined],
    ['balance', balanceText(customer.balances)],
    ['orders', String(customer.orders)],
    [
      'blocked',
      blockedAt === null ? undefined : output.style('red', `${timeOf(blockedAt)}: ${escapeControls(reason ?? '')}`),
    ],
    ['erased', erasedAt === null ? undefined : output.style('red', timeOf(erasedAt))],
    ...customer.chats.map((chat): [string, string] => [
      'chat',
      `${chat.instance}, ${chat.chat_id}${chat.blocked_at === null ? '' : ', has blocked the bot'}`,
    ]),
    ['first seen', timeOf(customer.created_at)],
    ['last seen', timeOf(customer.last_seen_at)],
  ])
  const orders = customer.latest_orders
  return orders.length === 0 ? pairs : `${pairs}\n\n${renderOrders(output, orders)}`
}

function renderOrders(output: Output, orders: readonly CustomerOrder[]): string {
  return renderTable(
    [
      { title: 'ORDER', align: 'right', text: (order) => String(order.id) },
      { title: 'WHEN', text: (order) => formatLocalStamp(order.created_at) },
      { title: 'PRODUCT', text: (order) => `${order.quantity} x ${order.product_name}`, shrinkTo: 10 },
      { title: 'TOTAL', align: 'right', text: (order) => `${order.total} ${order.currency}` },
      { title: 'STATUS', text: (order) => order.status.replaceAll('_', ' ') },
    ],
    orders,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders the movements of a customer's money. */
export function renderTransactions(output: Output, rows: readonly TransactionView[]): string {
  if (rows.length === 0) return 'Nothing has moved yet.'
  return renderTable(
    [
      { title: 'NUMBER', align: 'right', text: (row) => String(row.id), dropOrder: 1 },
      { title: 'WHEN', text: (row) => formatLocalStamp(row.at) },
      {
        title: 'AMOUNT',
        align: 'right',
        text: (row) => `${row.amount.startsWith('-') ? '' : '+'}${row.amount} ${row.currency}`,
        style: (row, cell) => (row.amount.startsWith('-') ? cell : output.style('green', cell)),
      },
      { title: 'WHAT', text: transactionWords, shrinkTo: 12 },
    ],
    rows,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

function transactionWords(row: TransactionView): string {
  const order = `order ${row.order ?? '?'}, ${row.product_name ?? 'a product'}`
  const reason = row.reason === null ? '' : `: ${row.reason}`
  switch (row.kind) {
    case 'sale':
      return `bought, ${order}`
    case 'refund':
      return `refund of ${order}${reason}`
    case 'top_up':
      return `topped up, ${row.payment ?? ''}`
    case 'adjustment':
      return `corrected${reason}`
    case 'import':
      return `brought over${reason}`
    default:
      return `${row.kind.replaceAll('_', ' ')}${reason}`
  }
}

function nameOf(customer: CustomerView): string {
  const username = customer.username === null ? undefined : `@${customer.username}`
  const names = [customer.display_name, username].filter((name) => typeof name === 'string' && name !== '')
  return names.join(' ') || (customer.erased_at === null ? customer.platform_user_id : 'erased')
}

function statusOf(customer: CustomerView): string {
  if (customer.erased_at !== null) return 'erased'
  return customer.blocked_at === null ? 'active' : 'blocked'
}

function balanceText(balances: readonly BalanceView[]): string {
  return balances.map(({ amount, currency }) => `${amount} ${currency}`).join(', ') || '-'
}
