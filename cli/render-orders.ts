import type { ListedOrder, OrderDetails } from '../domain/shop.ts'
import { formatLocalStamp, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { unitsText } from './render-stock.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

const titleStyle = (output: Output) => (text: string) => output.style('dim', text)

/** Renders orders as a table, newest first. */
export function renderOrders(output: Output, orders: readonly ListedOrder[]): string {
  if (orders.length === 0) return 'No orders that match.'
  return renderTable(
    [
      { title: 'ORDER', align: 'right', text: (order) => String(order.id) },
      { title: 'STATUS', text: statusOf },
      { title: 'PRODUCT', text: (order) => `${order.quantity} x ${order.product}`, shrinkTo: 12, comfortable: 16 },
      { title: 'TOTAL', align: 'right', text: (order) => `${order.total} ${order.currency}` },
      { title: 'CUSTOMER', text: (order) => order.customer_name ?? order.customer, shrinkTo: 8, comfortable: 10 },
      { title: 'TENANT', text: (order) => order.tenant, dropOrder: 2 },
      { title: 'WHEN', text: (order) => formatLocalStamp(order.created_at), dropOrder: 1 },
    ],
    orders,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders one order as aligned keys and values, then its units and refunds. */
export function renderOrder(output: Output, order: OrderDetails, nowMs: number): string {
  const timeOf = (time: string | null) =>
    time === null ? undefined : `${formatLocalTime(time)} (${formatRelative(time, nowMs)})`
  const { currency, profit } = order
  const customerName = order.customer_name === null ? '' : ` (${escapeControls(order.customer_name)})`
  return renderPairs(output, [
    ['order', String(order.id)],
    ['status', statusOf(order)],
    ['product', `${order.product}, ${escapeControls(order.product_name)}`],
    ['customer', `${order.customer}${customerName}`],
    ['tenant', order.tenant],
    ['bot', order.instance ?? undefined],
    ['units', String(order.quantity)],
    [
      'unit price',
      `${order.unit_price} ${currency}: ${order.base_price} ${currency} and a markup of ${order.markup} ${currency}`,
    ],
    ['discount', order.discount === '0' ? undefined : `${order.discount} ${currency}`],
    ['total', `${order.total} ${currency}`],
    [
      'refunded',
      order.refunded_units === 0 ? undefined : `${order.refunded} ${currency}, ${unitsText(order.refunded_units)}`,
    ],
    ['profit', profit === null ? undefined : profitText(profit, currency)],
    ['ordered', timeOf(order.created_at)],
    ['pay until', timeOf(order.pay_until)],
    ['paid', timeOf(order.paid_at)],
    ['delivered', timeOf(order.delivered_at)],
    ...order.units.map(({ unit, file_name: name, refunded_at: refundedAt }): [string, string] => [
      'unit',
      `${unit}${name === null ? '' : `, ${escapeControls(name)}`}${refundedAt === null ? '' : `, refunded ${formatLocalTime(refundedAt)}`}`,
    ]),
    ...order.refunds.map(({ units, amount, restocked, reason, actor, at }): [string, string] => [
      'refund',
      `${amount} ${currency}, ${unitsText(units)}${restocked ? ' back on the shelf' : ''}, ${formatLocalTime(at)} by ${escapeControls(actor)}: ${escapeControls(reason ?? '-')}`,
    ]),
  ])
}

function profitText({ amount, reverted, state }: NonNullable<OrderDetails['profit']>, currency: string): string {
  return `${amount} ${currency}, ${state}${reverted === '0' ? '' : `, ${reverted} ${currency} taken back`}`
}

function statusOf({ status, refusal }: ListedOrder): string {
  const words = status.replace('_', ' ')
  return refusal === null ? words : `${words}: ${refusal.replaceAll('_', ' ')}`
}
