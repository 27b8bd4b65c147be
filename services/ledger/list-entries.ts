import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import type { EntryKind } from '../../domain/ledger.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'

export interface AccountName {
  readonly id: number
  readonly kind: string
  readonly tenant: string
  /** Null for an account of the tenant itself. */
  readonly customer: string | null
  readonly customer_name: string | null
}

export interface EntryView {
  readonly id: number
  readonly kind: EntryKind
  /** The fact: an order's number, a withdrawal, a payment. */
  readonly reference: string
  readonly tenant: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly actor: string
  readonly reason: string | null
  readonly transfers: readonly {
    readonly from: AccountName
    readonly to: AccountName
    readonly amount: string
    readonly currency: Currency
  }[]
}

interface EntryRow extends Omit<EntryView, 'at'> {
  at: Date
}

const nameOf = (alias: string) =>
  `json_build_object('id', ${alias}.id, 'kind', ${alias}.kind, 'tenant', ${alias}.tenant_id, 'customer', ${alias}.customer_id,
   'customer_name', (select coalesce(display_name, username) from customer where id = ${alias}.customer_id))`

const accountsOfCustomer = (at: string) =>
  `select id from account where kind = 'customer' and customer_id = ${at}
     and tenant_id = (select tenant_id from customer where id = ${at})`

/** Entries of the journal with their transfers, newest first; `before` pages on by id. Needs `ledger.read`. */
export async function listEntries(
  tx: Queryable,
  actor: Actor,
  input: {
    tenant?: string | undefined
    kind?: EntryKind | undefined
    customer?: string | undefined
    account?: number | undefined
    order?: number | undefined
    before?: number | undefined
    limit?: number
  },
): Promise<EntryView[]> {
  assertMay(actor, 'ledger.read')
  const { account, customer, before } = input
  // Nothing but the accounts narrows it: the latest transfers of each are enough.
  const isEnough = input.tenant === undefined && input.kind === undefined && input.order === undefined
  const latest = (side: string) =>
    `(select entry_id from transfer where ${side} = own.id and entry_id < ${before ?? Number.MAX_SAFE_INTEGER}
      order by entry_id desc${isEnough ? ' limit $1' : ''})`
  const moved = (accounts: string) =>
    `e.id in (select entry_id from (${accounts}) as own
       cross join lateral (${latest('from_account')} union all ${latest('to_account')}) as moved)`
  const filters = [
    { value: input.tenant, test: (at: string) => `e.tenant_id = ${at}` },
    { value: input.kind, test: (at: string) => `e.kind = ${at}` },
    { value: account, test: (at: string) => moved(`select ${at}::bigint as id`) },
    { value: customer, test: (at: string) => moved(accountsOfCustomer(at)) },
    {
      value: input.order,
      test: (at: string) =>
        `(e.kind = 'sale' and e.reference = ${at}::bigint::text or e.kind = 'refund' and e.reference in (
          select order_id || ':' || key from order_refund where order_id = ${at}::bigint))`,
    },
    { value: before, test: (at: string) => `e.id < ${at}` },
  ].filter(({ value }) => value !== undefined)
  const { rows } = await tx.query<EntryRow>(
    `select e.id, e.kind, e.reference, e.tenant_id as tenant, e.at, e.actor, e.reason, (
       select coalesce(json_agg(json_build_object('from', ${nameOf('f')}, 'to', ${nameOf('d')},
         'amount', t.amount::text, 'currency', t.currency) order by t.id), '[]')
       from transfer t join account f on f.id = t.from_account join account d on d.id = t.to_account
       where t.entry_id = e.id
     ) as transfers
     from journal_entry e where ${['true', ...filters.map(({ test }, index) => test(`$${index + 2}`))].join(' and ')}
     order by e.id desc limit $1`,
    [input.limit ?? 50, ...filters.map(({ value }) => value)],
  )
  return rows.map((row) => ({
    ...row,
    at: row.at.toISOString(),
    transfers: row.transfers.map((each) => ({ ...each, amount: formatAmount(BigInt(each.amount), each.currency) })),
  }))
}
