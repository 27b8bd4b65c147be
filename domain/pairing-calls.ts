/** The call by which a WhatsApp worker says how its pairing gets on. One statement of the database that commits by itself. */
import * as z from 'zod/mini'

const reason = z.string().check(z.minLength(1), z.maxLength(500))
/** Milliseconds since the server's acceptance, and how long it counts from now on: a worker's clock says nothing here. */
const shownSince = {
  ageMs: z._default(z.number().check(z.nonnegative(), z.maximum(3_600_000)), 0),
  forMs: z.number().check(z.positive(), z.maximum(3_600_000)),
}

const pairingStepSchema = z.union([
  /** WhatsApp was asked for a code, or for what the QR code shows. */
  z.object({ step: z.literal('asked') }),
  /** WhatsApp has accepted: no refusal came. */
  z.object({ step: z.literal('code'), code: z.string().check(z.regex(/^[0-9A-Z]{8}$/)), ...shownSince }),
  /** Said anew whenever the QR code changes. */
  z.object({ step: z.literal('qr'), qr: z.string().check(z.minLength(1), z.maxLength(2000)), ...shownSince }),
  /** `code` is WhatsApp's own, 429 for too often; null when it gave none. */
  z.object({ step: z.literal('refused'), code: z.nullable(z.int()), reason }),
  /** Nobody entered the code in time, or the connection that it belonged to has ended. */
  z.object({ step: z.literal('expired'), reason }),
  /** The device is linked and has logged in: credentials with account and device id are stored (`waStore`, linked). */
  z.object({ step: z.literal('linked') }),
])
export type PairingNews = z.infer<typeof pairingStepSchema>

export const pairingCalls = {
  waPairing: {
    path: '/v1/wa/pairing',
    /** `number`: of the request, as the identity line has it. */
    request: z.object({ number: z.int().check(z.positive()), news: pairingStepSchema }),
    /** Whether the request is still open; false: it was answered, cancelled or replaced, and nothing more is to be asked. */
    answer: z.object({ open: z.boolean() }),
  },
} as const
