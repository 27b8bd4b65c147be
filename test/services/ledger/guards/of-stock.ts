/** What the database refuses of goods. */
import { constraint, domain, type Guard, trigger } from './guard.ts'

const unit = (more: Readonly<Record<string, string>> = {}) => {
  const columns = { product_id: `'p'`, key_id: `'k'`, sealed: `'s'`, fingerprint: `sha256('new')`, ...more }
  return `insert into stock_unit (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')})`
}
const changeUnit = (id: number, what: string) => `update stock_unit set ${what} where id = ${id}`
const unitGuard = trigger('stock_unit_guarded', 'stock_unit')

export const ofStock: Readonly<Record<string, Guard>> = {
  'the same goods are stocked once': {
    drop: 'drop index stock_unit_once',
    attempt: unit({ fingerprint: `sha256('1')` }),
  },
  'goods have a fingerprint': { drop: domain('fingerprint'), attempt: unit({ fingerprint: `'x'` }) },
  'goods are lines or files': { drop: domain('stock_kind'), attempt: unit({ kind: `'song'` }) },
  'goods are in one state': {
    drop: domain('stock_state'),
    given: [constraint('stock_unit_of_order', 'stock_unit')],
    attempt: unit({ state: `'lost'` }),
  },
  'a file has a name': {
    drop: constraint('stock_unit_file_has_name', 'stock_unit'),
    attempt: unit({ kind: `'file'` }),
  },
  'a name is not empty': { drop: domain('file_name'), attempt: unit({ kind: `'file'`, file_name: `''` }) },
  'what is sold is sold to somebody': {
    drop: constraint('stock_unit_of_order', 'stock_unit'),
    attempt: unit({ state: `'sold'` }),
  },
  'what is on the shelf is of nobody': {
    drop: constraint('stock_unit_of_order', 'stock_unit'),
    attempt: unit({ order_id: '1' }),
  },
  'goods are sold to an order that exists': {
    drop: constraint('stock_unit_order_id_fkey', 'stock_unit'),
    attempt: unit({ state: `'sold'`, order_id: '99' }),
  },
  'what is kept is kept until some time': {
    drop: constraint('stock_unit_reserved_for_a_while', 'stock_unit'),
    attempt: unit({ state: `'reserved'`, order_id: '2' }),
  },
  'a unit stays what it is': { drop: unitGuard, attempt: changeUnit(9, `fingerprint = sha256('else')`) },
  'a unit is not sold twice': { drop: unitGuard, attempt: changeUnit(1, 'order_id = 3') },
  'what is sold is not kept again': {
    drop: unitGuard,
    attempt: changeUnit(1, `state = 'reserved', reserved_until = now()`),
  },
  'what is spoilt is not sold again': { drop: unitGuard, attempt: changeUnit(4, `state = 'sold'`) },
  'what is sold is not removed': {
    drop: trigger('stock_unit_kept', 'stock_unit'),
    attempt: 'delete from stock_unit where id = 1',
  },
  'the stock is not emptied': {
    drop: trigger('stock_unit_no_truncate', 'stock_unit'),
    given: [trigger('refunded_unit_no_truncate', 'refunded_unit')],
    attempt: 'truncate stock_unit cascade',
  },
}
