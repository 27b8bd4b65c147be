/**
 * What the calls of owners and admins come to: done with what was asked for, refused for a reason that has its own
 * sentence in every language, or nothing at all, since the person has no business here.
 */
import * as z from 'zod/mini'
import { withdrawalStates } from './withdrawal.ts'

/** Why somebody is refused: the services' own words, and those of the calls. */
export const troubles = [
  // Numbers (domain/money.ts).
  'not_a_number',
  'negative',
  'too_fine',
  'too_large',
  // Settings of a shop (domain/shop-settings.ts).
  'not_a_link',
  'bad_title',
  'too_many_buttons',
  'no_such_button',
  'bad_length',
  'not_a_chat',
  // Withdrawals and top-ups (domain/withdrawal.ts, domain/top-up.ts).
  'below_minimum',
  'above_available',
  'in_debt',
  'wrong_address',
  'wrong_txid',
  'txid_used',
  'wrong_state',
  'needs_force',
  'own_request',
  'person_unknown',
  'no_reason',
  'wrong_reference',
  'payment_used',
  // Agents.
  'bad_id',
  'bad_name',
  'bad_token',
  'token_refused',
  'taken',
  // What is not there, and what this person may not do.
  'unknown_agent',
  'unknown_withdrawal',
  'unknown_top_up',
  'not_allowed',
  'refused',
] as const
export type Trouble = (typeof troubles)[number]

const refusedSchema = z.object({
  kind: z.literal('refused'),
  trouble: z.enum(troubles),
  /** What it is about: an amount, or the state that something is in. */
  detail: z.nullable(z.string()),
})
export type Refused = z.infer<typeof refusedSchema>

const strangerSchema = z.object({ kind: z.literal('stranger') })
const elsewhereSchema = z.object({ kind: z.literal('elsewhere') })
export type Outside = z.infer<typeof strangerSchema> | z.infer<typeof elsewhereSchema>

/**
 * `stranger`: nothing of this is for this person. `elsewhere`: this bot has no such room (an agent's dashboard in the
 * master's bot).
 */
export function roomResult<Shape extends Readonly<Record<string, z.ZodMiniType>>>(shape: Shape) {
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('done'), ...shape }),
    refusedSchema,
    strangerSchema,
    elsewhereSchema,
  ])
}

/** Text that a person typed, or that a button carries: the services say what is wrong with it. */
export const typed = z.string().check(z.maxLength(4096))

export const currencySchema = z.enum(['USDT', 'IRR'])

/** A markup as a person typed it: a percentage, or an amount a unit. */
export const markupWordsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('percent'), percent: typed }),
  z.object({ kind: z.literal('fixed'), amount: typed, currency: currencySchema }),
])
export type MarkupWords = z.infer<typeof markupWordsSchema>

export const markupSchema = z.object({
  kind: z.enum(['percent', 'fixed']),
  /** `10` is 10 %. */
  percent: z.string(),
  /** Per unit, by currency. */
  fixed: z.object({ USDT: z.string(), IRR: z.string() }),
})

export const withdrawalSchema = z.object({
  id: z.string(),
  tenant: z.string(),
  currency: currencySchema,
  amount: z.string(),
  fee: z.string(),
  /** What arrives: the amount less the fee. */
  net: z.string(),
  address: z.string(),
  status: z.enum(withdrawalStates),
  /** ISO 8601, UTC. */
  requested_at: z.string(),
  reason: z.nullable(z.string()),
  txid: z.nullable(z.string()),
  approvals: z.int(),
  approvals_needed: z.int(),
})
export type WithdrawalWords = z.infer<typeof withdrawalSchema>

/** A page of withdrawals, newest first; `older` is where the next one begins. */
export const withdrawalPage = { withdrawals: z.array(withdrawalSchema), older: z.nullable(z.string()) }
