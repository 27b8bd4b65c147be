import { anchorText } from '../domain/audit.ts'
import { chainAudit } from '../services/audit/chain-audit.ts'
import { readAuditHead } from '../services/audit/verify-audit.ts'
import type { OrchestratorContext } from './context.ts'
import { type Part, type RepeatingContext, startRepeating } from './repeating.ts'

/** What waits for its link could still be taken out unseen. */
const everyMs = 30_000

/**
 * Chains the audit. The head goes into the server's log, where whoever writes the database does not: an anchor for
 * `audit verify`.
 */
export function startAuditChain(context: RepeatingContext & Pick<OrchestratorContext, 'database'>): Part {
  const countFailure = (error: unknown): never => {
    context.metrics.auditFailed('chain')
    throw error
  }
  return startRepeating(context, {
    name: 'audit chain',
    work: async () => {
      if ((await chainAudit(context.database).catch(countFailure)) === 0) return
      const head = await readAuditHead(context.database)
      if (head !== null) context.log.info({ anchor: anchorText(head) }, 'audit chained')
    },
    nextInMs: () => everyMs,
  })
}
