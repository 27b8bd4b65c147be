/** The journal of all money over HTTP. */
import * as api from '../../domain/api/ledger.ts'
import { assertKnown } from '../../services/assert-known.ts'
import { checkLedger } from '../../services/ledger/check-ledger.ts'
import { listBalances } from '../../services/ledger/list-balances.ts'
import { listEntries } from '../../services/ledger/list-entries.ts'
import { pageOf } from './page.ts'
import { type PanelRoute, type RouteContext, read } from './route.ts'

export function ledgerRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listBalances, async ({ actor, query }) => {
      await assertKnown(database, actor, query)
      return { items: await listBalances(database, actor, query) }
    }),
    read(api.listEntries, async ({ actor, query: { cursor: before, limit, ...filter } }) => {
      await assertKnown(database, actor, { tenant: filter.tenant, customer: filter.customer })
      return pageOf(limit, (most) => listEntries(database, actor, { ...filter, before, limit: most }))
    }),
    read(api.checkLedger, ({ actor }) => checkLedger(database, actor)),
  ]
}
