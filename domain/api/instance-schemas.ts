/** What the API shows of bots: the views of `domain/`, described. */
import { z } from 'zod'
import { desiredStates, type InstanceView, placements, platforms, states, statuses } from '../instance.ts'
import { type PairingView, pairingMethods, pairingSteps } from '../pairing.ts'
import type { PeriodQuote, PeriodView } from '../period.ts'
import { amount, currencyCode, instant, optionalInstant } from './parts.ts'

export const instanceSchema = z
  .strictObject({
    id: z.string(),
    tenant: z.string(),
    platform: z.enum(platforms),
    name: z.string(),
    owner: z.string().nullable(),
    phone_number: z.string().nullable(),
    username: z.string().nullable(),
    bot_id: z.string().nullable(),
    is_master: z.boolean(),
    status: z.enum(statuses),
    suspended_reason: z.string().nullable(),
    desired: z.enum(desiredStates),
    resumes_with_agent: z.boolean(),
    state: z.enum(states),
    state_at: instant,
    last_error: z.string().nullable(),
    attempt: z.int(),
    next_try_at: optionalInstant,
    restarts: z.int(),
    server_name: z.string(),
    placement: z.enum(placements),
    port: z.int().nullable(),
    pid: z.int().nullable(),
    epoch: z.int(),
    duration_months: z.int().nullable(),
    approved_at: optionalInstant,
    expires_at: optionalInstant,
    rate_limit_rps: z.number(),
    max_concurrent_requests: z.int(),
    cpu_percent: z.number().nullable(),
    memory_bytes: z.number().nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({
    id: 'Instance',
    description: 'A bot: its subscription, what is wished of it and what is observed.',
  }) satisfies z.ZodType<InstanceView>

export const eventSchema = z
  .strictObject({
    id: z.int(),
    at: instant,
    kind: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    reason: z.string().nullable(),
    details: z.record(z.string(), z.unknown()).nullable(),
    server_name: z.string().nullable(),
    epoch: z.int().nullable(),
  })
  .meta({ id: 'InstanceEvent', description: 'One thing that happened to a bot.' })

export const periodSchema = z
  .strictObject({
    kind: z.enum(['approve', 'renew']),
    months: z.int(),
    starts_at: instant,
    ends_at: instant,
    price: amount.nullable(),
    currency: currencyCode.nullable(),
    payment: z.string().nullable(),
    created_at: instant,
    created_by: z.string(),
  })
  .meta({ id: 'Period', description: 'A paid stretch of a subscription.' }) satisfies z.ZodType<PeriodView>

export const periodQuoteSchema = z
  .strictObject({ months: z.int(), starts_at: instant, ends_at: instant })
  .meta({ id: 'PeriodQuote', description: 'What a choice of months would give.' }) satisfies z.ZodType<PeriodQuote>

export const sampleSchema = z
  .strictObject({ at: instant, cpu_percent: z.number(), memory_bytes: z.number() })
  .meta({ id: 'Sample', description: 'Processor time in percent of one core, and memory in bytes.' })

export const pairingSchema = z
  .strictObject({
    success: z.literal(true),
    /** The code as seed 004 calls it. */
    pairing_code: z.string().nullable(),
    /** Where it stands and what to do next, in a sentence. */
    message: z.string(),
    instance: z.string(),
    phone_number: z.string().nullable(),
    linked: z.boolean(),
    linked_at: optionalInstant,
    step: z.enum([...pairingSteps, 'none']),
    method: z.enum(pairingMethods).nullable(),
    requested_at: optionalInstant,
    requested_by: z.string().nullable(),
    until: optionalInstant,
    code: z.string().nullable(),
    qr: z.string().nullable(),
    issued_at: optionalInstant,
    expires_at: optionalInstant,
    reason: z.string().nullable(),
    refusal: z.int().nullable(),
    retry_at: optionalInstant,
  })
  .meta({
    id: 'Pairing',
    description: "A bot's link to its phone and its last request to pair.",
  }) satisfies z.ZodType<PairingView>
