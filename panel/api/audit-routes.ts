/** The audit over HTTP. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as api from '../../domain/api/audit.ts'
import type { QueryOf } from '../../domain/api/endpoint.ts'
import { exportAudit } from '../../services/audit/export-audit.ts'
import { type AuditFilter, listAudit } from '../../services/audit/list-audit.ts'
import { verifyAudit } from '../../services/audit/verify-audit.ts'
import { pageOf } from './page.ts'
import { type PanelRoute, type RouteContext, read, stream } from './route.ts'

export function auditRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listAudit, ({ actor, query }) =>
      pageOf(query.limit, (most) =>
        listAudit(database, actor, {
          ...filterOf(query),
          before: query.cursor,
          limit: most,
        }),
      ),
    ),
    stream(api.exportAudit, async ({ actor, query, response }) => {
      const { format } = query
      const pieces = exportAudit(database, actor, { filter: filterOf(query), format })
      // What fails before the first piece is still answered as a problem.
      const first = await pieces.next()
      response.set('Content-Disposition', `attachment; filename="audit.${format}"`)
      response.type(format === 'csv' ? 'text/csv' : 'application/jsonl')
      await pipeline(Readable.from(resumed(first, pieces)), response)
    }),
    read(api.verifyAudit, ({ actor, body }) => verifyAudit(database, actor, body)),
  ]
}

function filterOf(query: Omit<QueryOf<typeof api.exportAudit>, 'format'>): AuditFilter {
  const { actor, action, target, tenant, from, until } = query
  return {
    actor,
    action,
    target,
    tenant,
    from: from === undefined ? undefined : new Date(from),
    until: until === undefined ? undefined : new Date(until),
  }
}

async function* resumed(first: IteratorResult<string>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first.done === true) return
  yield first.value
  yield* rest
}
