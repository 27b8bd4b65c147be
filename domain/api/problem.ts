import { z } from 'zod'

/** An RFC 9457 problem document; `type` is `urn:botfleet:problem:<code>`. Details of the failure stand beside these. */
export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    /** The path of the request. */
    instance: z.string(),
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string(), issue: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong and what to do (RFC 9457).' })
export type ProblemDocument = z.infer<typeof problemSchema>
