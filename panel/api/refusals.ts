/** Whoever was refused something stands in the audit: the change itself was rolled back, so this is a row of its own. */
import type { ErrorRequestHandler, Request, Response } from 'express'
import type { Database } from '../../db/database.ts'
import { Failure } from '../../domain/failure.ts'
import type { Log } from '../../runtime/log.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { redactText } from '../../runtime/redact.ts'
import { insertRefusal, type Refusal, stranger } from '../../services/access/audit-refusal.ts'
import type { Session } from '../../services/find-session.ts'
import { countedAddress } from './client-address.ts'

/** The express error handler that audits and passes on. A login audits itself: it knows whose it was. */
export function auditRefusals({
  database,
  log,
  metrics,
}: {
  readonly database: Database
  readonly log: Log
  readonly metrics: Pick<Metrics, 'auditFailed'>
}): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    const session = sessionOf(response)
    const isRefusal =
      error instanceof Failure &&
      (error.code === 'not_allowed' || (error.code === 'too_many_attempts' && session !== undefined))
    if (isRefusal) {
      try {
        const who = session?.actor ?? stranger(`api:${countedAddress(request.ip)}`)
        const isCheap = session === undefined || error.code === 'too_many_attempts'
        await insertRefusal(database, who, { ...refusalOf(error, request), isCheap })
      } catch (cause) {
        metrics.auditFailed('write')
        log.warn({ error: String(cause) }, 'a refusal could not be audited')
      }
    }
    next(error)
  }
}

/** By the route as it is declared, so that what somebody puts into a path makes no new row. */
function refusalOf(failure: Failure, request: Request): Omit<Refusal, 'isCheap'> {
  const route = request.route as { readonly path: string } | undefined
  return {
    action: 'api.request',
    targetKind: 'route',
    targetId: `${request.method} ${route?.path ?? '-'}`,
    code: failure.code,
    details: { reason: redactText(failure.message).slice(0, 300), path: redactText(request.path).slice(0, 200) },
  }
}

function sessionOf(response: Response): Session | undefined {
  return (response.locals['caller'] as { readonly session: Session } | undefined)?.session
}
