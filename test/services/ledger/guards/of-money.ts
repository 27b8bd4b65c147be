/** What the database refuses of accounts, entries and transfers. */
import { constraint, domain, type Guard, trigger } from './guard.ts'

const entry = (reference: string, tenant = 'agent:a') =>
  `insert into journal_entry (kind, reference, tenant_id, actor) values ('adjustment', '${reference}', '${tenant}', 'x')`
const accountOf = (kind: string, { tenant = 'agent:a', currency = 'USDT', customer = 'null' } = {}) =>
  `account_of('${tenant}', '${kind}', '${currency}', ${customer})`
const ofAnn = accountOf('customer', { customer: `'ann'` })
const adjustment = accountOf('adjustment', { tenant: 'master' })
/** Of the entry that was written last. */
const move = (from: string, to: string, amount = 1, currency = 'USDT') =>
  `insert into transfer (entry_id, currency, from_account, to_account, amount)
   select max(id), '${currency}', ${from}, ${to}, ${amount} from journal_entry`
const newAccount = (values: string) =>
  `insert into account (tenant_id, kind, customer_id, currency, balance) values (${values})`
const moving = trigger('transfer_moves_balances', 'transfer')

export const ofMoney: Readonly<Record<string, Guard>> = {
  'a currency keeps its scale': {
    drop: trigger('currency_never_changes', 'currency'),
    attempt: `update currency set scale = 2 where code = 'USDT'`,
  },
  'a customer does not spend more than there is': {
    drop: constraint('account_never_overdrawn', 'account'),
    attempt: [entry('x'), move(ofAnn, adjustment, 100_000)],
  },
  'nobody owes less than nothing': {
    drop: constraint('account_never_overdrawn', 'account'),
    attempt: [entry('x'), move(ofAnn, accountOf('debt'), 1)],
  },
  'a customer has an account of its own': {
    drop: trigger('account_of_customer', 'account'),
    attempt: newAccount(`'agent:a', 'customer', null, 'IRR', 0`),
  },
  'only a customer has one': {
    drop: trigger('account_of_customer', 'account'),
    attempt: newAccount(`'agent:a', 'held', 'ann', 'IRR', 0`),
  },
  'what can be spent keeps a balance': {
    drop: trigger('account_keeps_balance', 'account'),
    attempt: newAccount(`'agent:a', 'available', null, 'IRR', null`),
  },
  'revenue keeps none': {
    drop: trigger('account_keeps_balance', 'account'),
    attempt: newAccount(`'agent:a', 'revenue', null, 'IRR', 0`),
  },
  'an account begins with nothing': {
    drop: trigger('account_begins_empty', 'account'),
    attempt: newAccount(`'agent:a', 'available', null, 'IRR', 5`),
  },
  'an account is known by its kind': {
    drop: domain('account_kind'),
    attempt: newAccount(`'agent:a', 'purse', null, 'IRR', null`),
  },
  'an account stays whose it is': {
    drop: trigger('account_never_changes', 'account'),
    attempt: `update account set tenant_id = 'agent:b' where kind = 'pending'`,
  },
  'an account is not removed': {
    drop: trigger('account_never_changes', 'account'),
    attempt: `delete from account where kind = 'pending'`,
  },
  'accounts are not emptied': { drop: trigger('account_no_truncate', 'account'), attempt: 'truncate account' },
  'a balance changes by transfers only': {
    drop: trigger('account_balance_moves_by_transfers', 'account'),
    attempt: `update account set balance = balance + 1 where customer_id = 'ann'`,
  },
  'nobody has two accounts of a kind': {
    drop: constraint('account_once', 'account'),
    attempt: newAccount(`'agent:a', 'pending', null, 'USDT', null`),
  },
  'an account is of its tenant and its customer': {
    drop: constraint('account_customer_id_tenant_id_fkey', 'account'),
    attempt: newAccount(`'agent:b', 'customer', 'ann', 'USDT', 0`),
  },
  'the same fact is written once': {
    drop: constraint('journal_entry_once', 'journal_entry'),
    attempt: [entry('x'), entry('x')],
  },
  'an entry is of a kind': {
    drop: domain('entry_kind'),
    attempt: `insert into journal_entry (kind, reference, tenant_id, actor) values ('gift', 'x', 'agent:a', 'x')`,
  },
  'an entry does not change': {
    drop: trigger('journal_entry_append_only', 'journal_entry'),
    attempt: `update journal_entry set reason = 'else'`,
  },
  'an entry is not removed': {
    drop: trigger('journal_entry_append_only', 'journal_entry'),
    attempt: `delete from journal_entry`,
  },
  'the journal is not emptied': {
    drop: trigger('journal_entry_no_truncate', 'journal_entry'),
    attempt: 'truncate journal_entry',
  },
  'an entry is closed when its transaction ends': { drop: moving, attempt: move(adjustment, ofAnn) },
  'a transfer is between two accounts that exist': { drop: moving, attempt: [entry('x'), move(adjustment, '999')] },
  'a transfer comes from an account that exists': { drop: moving, attempt: [entry('x'), move('999', ofAnn)] },
  'money comes in its own currency': {
    drop: moving,
    attempt: [entry('x'), move(accountOf('adjustment', { tenant: 'master', currency: 'IRR' }), ofAnn)],
  },
  'money stays in its currency': {
    drop: moving,
    attempt: [entry('x'), move(ofAnn, accountOf('adjustment', { tenant: 'master', currency: 'IRR' }))],
  },
  'an entry is of a tenant whose money moves': {
    drop: moving,
    attempt: [entry('x', 'agent:b'), move(adjustment, ofAnn)],
  },
  'a transfer moves something': {
    drop: domain('amount_above_zero'),
    attempt: [entry('x'), move(adjustment, ofAnn, 0)],
  },
  'nothing moves backwards': { drop: domain('amount_above_zero'), attempt: [entry('x'), move(adjustment, ofAnn, -1)] },
  'nothing moves in a circle': {
    drop: constraint('transfer_between_two', 'transfer'),
    attempt: [entry('x'), move(ofAnn, ofAnn)],
  },
  'an entry moves between two accounts once': {
    drop: constraint('transfer_pkey', 'transfer'),
    attempt: [entry('x'), move(adjustment, ofAnn), move(adjustment, ofAnn)],
  },
  'a transfer does not change': {
    drop: trigger('transfer_append_only', 'transfer'),
    attempt: 'update transfer set amount = amount + 1',
  },
  'a transfer is not removed': { drop: trigger('transfer_append_only', 'transfer'), attempt: 'delete from transfer' },
  'transfers are not emptied': { drop: trigger('transfer_no_truncate', 'transfer'), attempt: 'truncate transfer' },
}
