import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type Currency, formatAmount } from '../../domain/money.ts'
import { type LedgerCheckName, ledgerChecks } from './ledger-checks.ts'

/** One thing that is not as it should be. */
export interface LedgerDifference {
  /** What it is about: `account 12, customer of c7`. */
  readonly subject: string
  readonly currency: Currency | null
  /** Decimal strings where there is a currency, else words. */
  readonly expected: string
  readonly found: string
}

export interface LedgerFinding {
  readonly check: LedgerCheckName
  readonly count: number
  /** The first few of them. */
  readonly differences: readonly LedgerDifference[]
}

export interface LedgerReport {
  readonly entries: number
  readonly transfers: number
  /** Every check, also those that found nothing. */
  readonly findings: readonly LedgerFinding[]
}

const differencesMax = 20

/**
 * Recomputes every kept balance from the transfers, and compares orders, refunds, profits, goods, withdrawals and payments
 * with what the ledger says of them. Reads everything: it takes seconds for a million transfers. Needs `ledger.read`.
 */
export async function checkLedger(tx: Queryable, actor: Actor): Promise<LedgerReport> {
  assertMay(actor, 'ledger.read')
  const size = await tx.query<{ entries: number; transfers: number }>(
    'select (select count(*) from journal_entry) as entries, (select count(*) from transfer) as transfers',
  )
  const findings: LedgerFinding[] = []
  for (const check of Object.keys(ledgerChecks) as LedgerCheckName[]) findings.push(await look(tx, check))
  return { entries: 0, transfers: 0, ...size.rows[0], findings }
}

async function look(tx: Queryable, check: LedgerCheckName): Promise<LedgerFinding> {
  const { rows } = await tx.query<LedgerDifference & { count: number }>(
    `select count(*) over () as count, subject, currency, expected, found from (${ledgerChecks[check]}) as different
     order by subject limit ${differencesMax}`,
  )
  return {
    check,
    count: rows[0]?.count ?? 0,
    differences: rows.map(({ subject, currency, expected, found }) => {
      const shown = (amount: string) => (currency === null ? amount : formatAmount(BigInt(amount), currency))
      return { subject, currency, expected: shown(expected), found: shown(found) }
    }),
  }
}
