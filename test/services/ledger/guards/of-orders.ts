/** What the database refuses of orders, profits and refunds. */
import { constraint, domain, type Guard, trigger } from './guard.ts'

const order = (more: Readonly<Record<string, string>> = {}) => {
  const columns = {
    tenant_id: `'agent:a'`,
    customer_id: `'ann'`,
    product_id: `'p'`,
    key: `'new'`,
    quantity: '2',
    currency: `'USDT'`,
    base_price: '100',
    markup_kind: `'percent'`,
    markup_value: '1000',
    markup: '10',
    unit_price: '110',
    discount: '0',
    total: '220',
    status: `'paid'`,
    paid_at: 'now()',
    ...more,
  }
  return `insert into customer_order (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')})`
}
const orderStatus = constraint('customer_order_status', 'customer_order')
const orderPath = trigger('customer_order_path', 'customer_order')
const agreed = trigger('customer_order_agreed', 'customer_order')

export const ofOrders: Readonly<Record<string, Guard>> = {
  'one key orders once': {
    drop: constraint('customer_order_once', 'customer_order'),
    attempt: order({ key: `'one'` }),
  },
  'a key is a word': { drop: domain('order_key'), attempt: order({ key: `''` }) },
  'an order is of a customer of its tenant': {
    drop: constraint('customer_order_customer_id_tenant_id_fkey', 'customer_order'),
    attempt: order({ customer_id: `'bob'` }),
  },
  'an order is in the currency of its product': {
    drop: constraint('customer_order_product_id_currency_fkey', 'customer_order'),
    attempt: order({ product_id: `'q'` }),
  },
  'an order is of something': {
    drop: domain('order_quantity'),
    attempt: order({ quantity: '0', total: '0', status: `'refused'`, refusal: `'x'`, paid_at: 'null' }),
  },
  'an order is not of everything': {
    drop: domain('order_quantity'),
    attempt: order({ quantity: '1001', total: '110110' }),
  },
  'nothing is free before a discount': {
    drop: domain('amount_above_zero'),
    attempt: order({ base_price: '0', unit_price: '10', total: '20' }),
  },
  'no price is below its base': {
    drop: domain('amount_from_zero'),
    attempt: order({ markup: '-10', unit_price: '90', total: '180' }),
  },
  'a markup has a kind': { drop: domain('markup_kind'), attempt: order({ markup_kind: `'guess'` }) },
  'a unit costs the base and the markup': {
    drop: constraint('customer_order_unit_price', 'customer_order'),
    attempt: order({ unit_price: '105', total: '210' }),
  },
  'a total is price times quantity less discount': {
    drop: constraint('customer_order_total', 'customer_order'),
    attempt: order({ total: '200' }),
  },
  'a discount is not of the markup': {
    drop: constraint('customer_order_discount', 'customer_order'),
    attempt: order({ discount: '201', total: '19' }),
  },
  'an order is in one state': {
    drop: domain('order_status'),
    given: [orderStatus],
    attempt: order({ status: `'somewhere'` }),
  },
  'what is refused says why': { drop: orderStatus, attempt: order({ status: `'refused'`, paid_at: 'null' }) },
  'what is kept says until when': { drop: orderStatus, attempt: order({ status: `'reserved'`, paid_at: 'null' }) },
  'what is paid says when': { drop: orderStatus, attempt: order({ paid_at: 'null' }) },
  'what is paid is not refused': { drop: orderStatus, attempt: order({ refusal: `'x'` }) },
  'what is refunded in part is not refunded': {
    drop: orderStatus,
    attempt: order({ status: `'refunded'`, refunded_units: '1', refunded: '110' }),
  },
  'no more is refunded than was paid': {
    drop: constraint('customer_order_refunded', 'customer_order'),
    attempt: order({ status: `'partly_refunded'`, refunded_units: '1', refunded: '221' }),
  },
  'no more units are refunded than were bought': {
    drop: constraint('customer_order_refunded', 'customer_order'),
    attempt: order({ status: `'partly_refunded'`, refunded_units: '3', refunded: '220' }),
  },
  'what was agreed does not change': {
    drop: agreed,
    attempt: 'update customer_order set unit_price = 109, markup = 9, total = 218 where id = 1',
  },
  'an order stays whose it is': {
    drop: agreed,
    attempt: `update customer_order set tenant_id = 'agent:b', customer_id = 'bob' where id = 2`,
  },
  'what is paid is not kept again': {
    drop: orderPath,
    attempt: `update customer_order set status = 'reserved', paid_at = null, pay_until = now() where id = 1`,
  },
  'what is paid is not cancelled': {
    drop: orderPath,
    attempt: `update customer_order set status = 'cancelled', paid_at = null where id = 1`,
  },
  'a refund is not taken back': {
    drop: orderPath,
    attempt: 'update customer_order set refunded = 100 where id = 3',
  },
  'a refunded unit is not taken back': {
    drop: orderPath,
    given: [orderStatus],
    attempt: 'update customer_order set refunded_units = 0 where id = 3',
  },
  'an order is not removed': {
    drop: trigger('customer_order_kept', 'customer_order'),
    given: ['set constraints all deferred', constraint('stock_unit_order_id_fkey', 'stock_unit')],
    attempt: 'delete from customer_order where id = 2',
  },
  'orders are not emptied': {
    drop: trigger('customer_order_no_truncate', 'customer_order'),
    given: [
      trigger('agent_profit_no_truncate', 'agent_profit'),
      trigger('order_refund_no_truncate', 'order_refund'),
      trigger('refunded_unit_no_truncate', 'refunded_unit'),
      trigger('stock_unit_no_truncate', 'stock_unit'),
    ],
    attempt: 'truncate customer_order cascade',
  },
  'an order earns an agent once': {
    drop: constraint('agent_profit_pkey', 'agent_profit'),
    attempt: `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at) values (1, 'agent:a', 'USDT', 1, now())`,
  },
  'a profit is of its order and its tenant': {
    drop: constraint('agent_profit_tenant_id_order_id_currency_fkey', 'agent_profit'),
    attempt: `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at) values (2, 'agent:b', 'USDT', 1, now())`,
  },
  'the master earns no profit': {
    drop: constraint('agent_profit_of_an_agent', 'agent_profit'),
    given: [constraint('agent_profit_tenant_id_order_id_currency_fkey', 'agent_profit')],
    attempt: `insert into agent_profit (order_id, tenant_id, currency, amount, mature_at) values (9, 'master', 'USDT', 1, now())`,
  },
  'a profit is in one state': {
    drop: domain('profit_state'),
    attempt: `update agent_profit set state = 'lost' where order_id = 1`,
  },
  'no more is taken back of a profit than it was': {
    drop: constraint('agent_profit_reverted', 'agent_profit'),
    attempt: 'update agent_profit set reverted = 21 where order_id = 1',
  },
  'a profit that is taken back whole is reverted': {
    drop: constraint('agent_profit_reverted', 'agent_profit'),
    attempt: 'update agent_profit set reverted = 20 where order_id = 1',
  },
  'a profit that matured says when': {
    drop: constraint('agent_profit_matured', 'agent_profit'),
    attempt: `update agent_profit set state = 'matured' where order_id = 1`,
  },
  'a profit stays what the order made it': {
    drop: trigger('agent_profit_agreed', 'agent_profit'),
    attempt: 'update agent_profit set amount = 1000 where order_id = 1',
  },
  'what is taken back of a profit is not given again': {
    drop: trigger('agent_profit_ends_once', 'agent_profit'),
    attempt: 'update agent_profit set reverted = 0 where order_id = 3',
  },
  'a profit matures once': {
    drop: trigger('agent_profit_ends_once', 'agent_profit'),
    given: [`update agent_profit set state = 'matured', matured_at = now() where order_id = 1`],
    attempt: `update agent_profit set matured_at = now() where order_id = 1`,
  },
  'a profit is not removed': {
    drop: trigger('agent_profit_kept', 'agent_profit'),
    attempt: 'delete from agent_profit',
  },
  'profits are not emptied': {
    drop: trigger('agent_profit_no_truncate', 'agent_profit'),
    attempt: 'truncate agent_profit',
  },
  'one key refunds once': {
    drop: constraint('order_refund_once', 'order_refund'),
    attempt: `insert into order_refund (order_id, key, units, amount, restocked, actor) values (3, 'r', 1, 1, false, 'x')`,
  },
  'a refund does not change': {
    drop: trigger('order_refund_append_only', 'order_refund'),
    attempt: 'update order_refund set amount = 1',
  },
  'a refund is not removed': {
    drop: trigger('order_refund_append_only', 'order_refund'),
    given: [constraint('refunded_unit_order_id_refund_id_fkey', 'refunded_unit')],
    attempt: 'delete from order_refund',
  },
  'refunds are not emptied': {
    drop: trigger('order_refund_no_truncate', 'order_refund'),
    given: [trigger('refunded_unit_no_truncate', 'refunded_unit')],
    attempt: 'truncate order_refund cascade',
  },
  'no unit of an order is refunded twice': {
    drop: constraint('refunded_unit_pkey', 'refunded_unit'),
    attempt: 'insert into refunded_unit (order_id, unit_id, refund_id) values (3, 4, 1)',
  },
  'a refunded unit is of the order of its refund': {
    drop: constraint('refunded_unit_order_id_refund_id_fkey', 'refunded_unit'),
    attempt: 'insert into refunded_unit (order_id, unit_id, refund_id) values (1, 1, 1)',
  },
  'what came back stays noted': {
    drop: trigger('refunded_unit_append_only', 'refunded_unit'),
    attempt: 'delete from refunded_unit',
  },
  'what came back is not emptied': {
    drop: trigger('refunded_unit_no_truncate', 'refunded_unit'),
    attempt: 'truncate refunded_unit',
  },
}
