/** The audit: who did what, whether it is whole, and all of it to take away. */
import { z } from 'zod'
import { type AuditFinding, type AuditHead, type AuditView, parseAnchor } from '../audit.ts'
import { endpoint } from './endpoint.ts'
import { instant, limit, pageOf, tenant } from './parts.ts'

const auditSchema = z
  .strictObject({
    id: z.int(),
    at: instant,
    actor: z.string(),
    source: z.string(),
    action: z.string(),
    target_kind: z.string(),
    target_id: z.string().nullable(),
    target_name: z.string().nullable(),
    tenant: z.string().nullable(),
    details: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'AuditEntry', description: 'Who did what to what, when and from where.' }) satisfies z.ZodType<AuditView>

const filter = {
  /** As the entry names it: `user:ann`, `cli:root@host`. */
  actor: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
  /** The id of what was changed; of a user the name, too. */
  target: z.string().max(200).optional(),
  tenant: tenant.optional(),
  from: instant.optional(),
  /** What happened before it. */
  until: instant.optional(),
}

/** The id of the page's last entry. */
const rowCursor = z.coerce.number().int().min(1).meta({ description: 'The next_cursor of the page before.' })

export const listAudit = endpoint({
  method: 'get',
  path: '/api/audit',
  access: 'audit.read',
  tag: 'audit',
  summary: 'Who did what, newest first; refusals too.',
  command: 'audit list',
  query: z.strictObject({ ...filter, limit: limit(1000, 50), cursor: rowCursor.optional() }),
  answer: pageOf(auditSchema),
})

export const exportAudit = endpoint({
  method: 'get',
  path: '/api/audit/export',
  access: 'audit.read',
  tag: 'audit',
  summary: 'The audit as a file: a table in which nothing is a formula, or JSON lines.',
  command: 'audit export',
  query: z.strictObject({ ...filter, format: z.enum(['csv', 'jsonl']).default('csv') }),
  mediaType: 'text/csv',
  answer: z.string(),
})

const headSchema = z
  .strictObject({ position: z.int(), hash: z.string(), chained_at: instant })
  .meta({ id: 'AuditHead', description: "Where the audit's chain ends." }) satisfies z.ZodType<AuditHead>

const findingSchema = z
  .strictObject({
    kind: z.enum(['changed', 'missing', 'inserted', 'rewritten']),
    position: z.int().nullable(),
    id: z.int().nullable(),
  })
  .meta({ id: 'AuditFinding' }) satisfies z.ZodType<AuditFinding>

export const verifyAudit = endpoint({
  method: 'post',
  path: '/api/audit/verify',
  access: 'audit.read',
  tag: 'audit',
  summary: 'Checks every link of the chain over the audit and names rows that were changed, taken out or put in.',
  command: 'audit verify',
  body: z.strictObject({
    /** A head noted earlier, as `position:hash`: proves that nothing before it was rewritten. */
    anchor: z
      .string()
      .max(100)
      .transform((text, context) => {
        const anchor = parseAnchor(text)
        if (anchor !== undefined) return anchor
        context.addIssue({ code: 'custom', message: 'is no anchor such as 120:<64 hexadecimal digits>' })
        return z.NEVER
      })
      .optional(),
  }),
  answer: z
    .strictObject({
      ok: z.boolean(),
      checked: z.int(),
      head: headSchema.nullable(),
      findings: z.array(findingSchema),
      more: z.boolean(),
    })
    .meta({ id: 'AuditVerdict' }),
})
