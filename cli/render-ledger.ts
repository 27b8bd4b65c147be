import type { BalanceView } from '../services/ledger/list-balances.ts'
import type { AccountName, EntryView } from '../services/ledger/list-entries.ts'
import { formatLocalStamp } from './format.ts'
import type { Output } from './output.ts'
import { renderTable } from './table.ts'

const titleStyle = (output: Output) => (text: string) => output.style('dim', text)

/** Renders balances as a table. */
export function renderBalances(output: Output, balances: readonly BalanceView[]): string {
  if (balances.length === 0) return 'No money has moved yet.'
  return renderTable(
    [
      { title: 'TENANT', text: (row) => row.tenant, shrinkTo: 12 },
      { title: 'KIND', text: (row) => words(row.kind) },
      { title: 'BALANCE', align: 'right', text: (row) => `${row.balance} ${row.currency}` },
      { title: 'ACCOUNTS', align: 'right', text: (row) => String(row.accounts), dropOrder: 1 },
    ],
    balances,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

interface Line {
  readonly entry: EntryView
  readonly transfer: EntryView['transfers'][number] | undefined
  readonly isFirst: boolean
}

/** Renders entries as a table, a line for each transfer. */
export function renderEntries(output: Output, entries: readonly EntryView[]): string {
  if (entries.length === 0) return 'No entries that match.'
  const lines = entries.flatMap((entry): Line[] =>
    entry.transfers.length === 0
      ? [{ entry, transfer: undefined, isFirst: true }]
      : entry.transfers.map((transfer, index) => ({ entry, transfer, isFirst: index === 0 })),
  )
  const once = (text: (entry: EntryView) => string) => (line: Line) => (line.isFirst ? text(line.entry) : '')
  return renderTable(
    [
      { title: 'ENTRY', align: 'right', text: once((entry) => String(entry.id)) },
      { title: 'KIND', text: once((entry) => words(entry.kind)) },
      { title: 'OF', text: once((entry) => entry.reference), shrinkTo: 8, dropOrder: 2 },
      { title: 'AMOUNT', align: 'right', text: ({ transfer }) => amountOf(transfer) },
      { title: 'FROM', text: ({ transfer }) => accountOf(transfer?.from), shrinkTo: 10 },
      { title: 'TO', text: ({ transfer }) => accountOf(transfer?.to), shrinkTo: 10 },
      { title: 'WHEN', text: once((entry) => formatLocalStamp(entry.at)), dropOrder: 1 },
      { title: 'WHO', text: once((entry) => entry.actor), shrinkTo: 8, dropOrder: 3 },
      { title: 'WHY', text: once((entry) => entry.reason ?? ''), shrinkTo: 8, dropOrder: 4 },
    ],
    lines,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

function amountOf(transfer: Line['transfer']): string {
  return transfer === undefined ? '-' : `${transfer.amount} ${transfer.currency}`
}

/** `Sam` for a customer's account, `pending of agent:a` for a tenant's. */
function accountOf(account: AccountName | undefined): string {
  if (account === undefined) return '-'
  return account.customer_name ?? account.customer ?? `${words(account.kind)} of ${account.tenant}`
}

function words(name: string): string {
  return name.replaceAll('_', ' ')
}
