/**
 * Looks now and then whether the ledger still agrees with itself and with what it is about. It reads everything, so one
 * server does it for all, and seldom; what it finds is counted and logged, and nothing is changed (`doctor ledger` shows it).
 */
import type { Actor } from '../domain/actor.ts'
import { checkLedger } from '../services/ledger/check-ledger.ts'
import { takeTurn } from '../services/take-turn.ts'
import type { OrchestratorContext } from './context.ts'
import { type Part, startRepeating } from './repeating.ts'

const firstAfterMs = 600_000
const everyMs = 6 * 3_600_000

export function startLedgerWatch(context: OrchestratorContext): Part {
  const { database, server, log, metrics } = context
  const actor: Actor = { name: `system:ledger@${server}`, userId: null, role: 'owner', tenant: null, source: 'serve' }
  let first = true
  return startRepeating(context, {
    name: 'ledger check',
    work: async () => {
      first = false
      const report = await database.transaction(async (tx) =>
        (await takeTurn(tx, { work: 'ledger check' })) ? checkLedger(tx, actor) : undefined,
      )
      for (const { check, count, differences } of report?.findings ?? []) {
        metrics.moneyMismatched(check, count)
        if (count > 0) log.error({ check, count, differences }, 'the ledger does not agree: ./botfleet doctor ledger')
      }
    },
    nextInMs: () => (first ? firstAfterMs : everyMs),
  })
}
