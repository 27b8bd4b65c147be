/**
 * What the calls of owners and admins come to: done with what was asked for, refused for a reason that has its own
 * sentence in every language, or nothing at all, since the person has no business here.
 */
import * as z from 'zod/mini'

/** Why somebody is refused; `values` fill the placeholders of the sentence. */
export const troubles = [
  'not_a_number',
  'negative',
  'too_fine',
  'too_large',
  'below_minimum',
  'above_available',
  'in_debt',
  'bad_address',
  'bad_link',
  'bad_title',
  'too_many_buttons',
  'gone',
  'bad_text',
  'bad_chat',
  'no_chat',
  'bad_id',
  'bad_token',
  'bad_name',
  'bad_txid',
  'bad_reference',
  'no_reason',
  'taken',
  'unknown_agent',
  'unknown_withdrawal',
  'unknown_top_up',
  'wrong_state',
  'own_request',
  'approved_before',
  'not_allowed',
  'refused',
] as const
export type Trouble = (typeof troubles)[number]

const refusedSchema = z.object({
  kind: z.literal('refused'),
  trouble: z.enum(troubles),
  values: z.record(z.string(), z.string()),
})
export type Refused = z.infer<typeof refusedSchema>

/**
 * `stranger`: this person may not even know; `elsewhere`: this bot has no such room (an agent's dashboard in the
 * master's bot).
 */
export function roomResult<Shape extends Readonly<Record<string, z.ZodMiniType>>>(shape: Shape) {
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('done'), ...shape }),
    refusedSchema,
    z.object({ kind: z.enum(['stranger', 'elsewhere']) }),
  ])
}

export const moneySchema = z.object({ amount: z.string(), currency: z.enum(['USDT', 'IRR']) })

/** What a person typed as a markup: a percentage, or an amount a unit. */
export const markupWordsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('percent'), percent: z.string().check(z.maxLength(40)) }),
  z.object({
    kind: z.literal('fixed'),
    amount: z.string().check(z.maxLength(40)),
    currency: z.enum(['USDT', 'IRR']),
  }),
])
export type MarkupWords = z.infer<typeof markupWordsSchema>

export const markupSchema = z.object({
  kind: z.enum(['percent', 'fixed']),
  /** As a decimal string: `10`, `12.5`. */
  percent: z.string(),
  fixed: z.array(moneySchema),
})
export type MarkupView = z.infer<typeof markupSchema>

export const withdrawalStates = ['requested', 'approved', 'paid', 'rejected', 'cancelled'] as const

export const withdrawalSchema = z.object({
  id: z.string(),
  tenant: z.string(),
  currency: z.enum(['USDT', 'IRR']),
  amount: z.string(),
  fee: z.string(),
  /** What arrives: the amount less the fee. */
  net: z.string(),
  address: z.string(),
  state: z.enum(withdrawalStates),
  requestedAt: z.string(),
  reason: z.nullable(z.string()),
  txid: z.nullable(z.string()),
  approvals: z.int(),
  approvalsNeeded: z.int(),
})
export type WithdrawalWords = z.infer<typeof withdrawalSchema>
