import { checkLedger, type LedgerDifference, type LedgerFinding } from '../services/ledger/check-ledger.ts'
import type { LedgerCheckName } from '../services/ledger/ledger-checks.ts'
import type { Cli } from './command.ts'
import { withContext } from './context.ts'
import { type Finding, printFindings } from './diagnosis.ts'
import { escapeControls } from './text-width.ts'

/** Each check reads a whole table or two. */
const queryTimeoutMs = 600_000

/** What is said of a check that found nothing. */
const agreeing: Record<LedgerCheckName, string> = {
  balances: 'every balance is the sum of its transfers',
  entries: 'every entry moves something, in one currency',
  orders: 'what was paid of every order left its buyer once',
  refunds: 'what was given back is what the refunds say',
  profits: 'what is pending is what the orders earned',
  goods: 'every order has its goods',
  withdrawals: 'what is held and what was paid out is in the withdrawals',
  payments: 'what came in is the sum of the payments',
}

/** Recomputes the whole ledger and says where something differs; throws when anything does. */
export async function examineLedger(cli: Cli): Promise<void> {
  await withContext(
    cli,
    async ({ database, actor }) => {
      const { entries, transfers, findings } = await checkLedger(database, actor)
      const size: Finding = { name: 'journal', verdict: 'ok', detail: `${entries} entries, ${transfers} transfers` }
      const differences = findings.filter(({ count }) => count > 0)
      printFindings(cli.output, [size, ...findings.map(findingOf)], {
        fields: { entries, transfers, differences },
        text: differences.map(listed).join(''),
      })
    },
    { queryTimeoutMs },
  )
}

function findingOf({ check, count, differences }: LedgerFinding): Finding {
  if (count === 0) return { name: check, verdict: 'ok', detail: agreeing[check] }
  const first = differences[0]
  return {
    name: check,
    verdict: 'fail',
    detail: `${count} ${count === 1 ? 'differs' : 'differ'}${first === undefined ? '' : `: ${first.subject}`}`,
    todo: 'somebody has changed the tables by hand: compare with ./botfleet audit and ledger entries',
  }
}

function listed({ check, count, differences }: LedgerFinding): string {
  const more = count - differences.length
  return [`\n\n${check}:`, ...differences.map(sentence), ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')
}

function sentence({ subject, currency, expected, found }: LedgerDifference): string {
  const unit = currency === null ? '' : ` ${currency}`
  return `  ${escapeControls(subject)}: ${escapeControls(found)}${unit}, should be ${escapeControls(expected)}${unit}`
}
