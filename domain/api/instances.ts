/** Bots over HTTP (seed 004 and beside it). */
import { z } from 'zod'
import { placements, platforms } from '../instance.ts'
import { pairingMethods } from '../pairing.ts'
import { monthOptions } from '../subscription.ts'
import { endpoint } from './endpoint.ts'
import {
  eventSchema,
  instanceSchema,
  pairingSchema,
  periodQuoteSchema,
  periodSchema,
  sampleSchema,
} from './instance-schemas.ts'
import { amount, currencyCode, cursor, instant, limit, ofInstance, pageOf, tenant } from './parts.ts'

export const serverName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'is no name of a server')
export const months = z.literal(monthOptions, { error: `must be the number ${monthOptions.join(', ')}` })
export const name = z.string().trim().min(1).max(200)
/** Whose bot it is; empty or null: nobody's. */
const owner = z
  .string()
  .max(100)
  .nullable()
  .transform((text) => text ?? '')
export const phone = z.string().min(3).max(40)
export const token = z.string().min(1).max(200)

export const listInstances = endpoint({
  method: 'get',
  path: '/api/instances',
  access: 'instance.read',
  tag: 'bots',
  summary: 'The bots of this server, or of another, or of all of them (`server=*`), newest first.',
  command: 'list',
  query: z.strictObject({
    /** A status, an observed state, `trouble`, or a seed's word: active, paused, pending. */
    status: z.string().min(1).max(40).optional(),
    server: z.union([z.literal('*'), serverName]).optional(),
    tenant: tenant.optional(),
    platform: z.enum(platforms).optional(),
    /** Only approved ones whose time ends within so long: `7d`, `12h`, `30m` (seed row S4-076). */
    expiring_within: z.string().max(20).optional(),
    /** A part of its id, name, owner, number or @name. */
    q: z.string().max(100).optional(),
    limit: limit(1000, 100),
    cursor: cursor.optional(),
  }),
  answer: pageOf(instanceSchema),
})

export const createInstance = endpoint({
  method: 'post',
  path: '/api/instances',
  access: 'instance.create',
  tag: 'bots',
  summary: 'Registers a bot as `new`: a Telegram bot by its token, a WhatsApp bot by its number.',
  command: 'create',
  key: 'optional',
  body: z.strictObject({
    /** Left out: what the token or the number says. */
    platform: z.enum(platforms).optional(),
    name,
    phone_number: phone.optional(),
    owner_id: owner.optional(),
    token: token.optional(),
    tenant: tenant.optional(),
    server: serverName.optional(),
    placement: z.enum(placements).optional(),
  }),
  status: 201,
  answer: instanceSchema,
})

export const checkToken = endpoint({
  method: 'post',
  path: '/api/check-token',
  access: 'instance.create',
  tag: 'bots',
  summary: 'Asks Telegram whether a token is good, and of which bot it is.',
  body: z.strictObject({ token }),
  answer: z
    .strictObject({
      /** `unreachable`: Telegram did not answer, so nobody knows. */
      verdict: z.enum(['valid', 'invalid', 'unreachable']),
      bot_id: z.string(),
      username: z.string().nullable(),
      name: z.string().nullable(),
      reason: z.string().nullable(),
    })
    .meta({ id: 'TokenVerdict' }),
})

export const showInstance = endpoint({
  method: 'get',
  path: '/api/instances/:id',
  access: 'instance.read',
  tag: 'bots',
  summary: 'One bot.',
  command: 'show',
  params: ofInstance,
  answer: instanceSchema,
})

export const editInstance = endpoint({
  method: 'patch',
  path: '/api/instances/:id',
  access: 'instance.edit',
  tag: 'bots',
  summary: 'Changes what is given and leaves the rest; limits are taken over by the running bot.',
  command: 'edit',
  params: ofInstance,
  body: z.strictObject({
    name: name.optional(),
    owner_id: owner.optional(),
    phone_number: phone.optional(),
    placement: z.enum(placements).optional(),
    rate_limit_rps: z.number().positive().max(30).optional(),
    max_concurrent_requests: z.int().min(1).max(100).optional(),
  }),
  answer: instanceSchema,
})

export const deleteInstance = endpoint({
  method: 'delete',
  path: '/api/instances/:id',
  access: 'instance.delete',
  tag: 'bots',
  summary: 'Deletes a bot for good: its credentials are erased, its history stays (seed row S4-049).',
  command: 'delete',
  params: ofInstance,
  answer: instanceSchema,
})

/** What was paid, where somebody says so: all three or none. */
export const paid = {
  price: amount.optional(),
  currency: currencyCode.optional(),
  payment: z.string().max(200).optional(),
}

/** The seed's answer to approve and renew, with the bot beside it. */
const subscribed = z
  .strictObject({
    message: z.string(),
    instance_id: z.string(),
    duration_months: z.int(),
    expires_at: instant,
    port: z.int().nullable(),
    instance: instanceSchema,
  })
  .meta({ id: 'Subscribed' })

export const approveInstance = endpoint({
  method: 'post',
  path: '/api/instances/:id/approve',
  access: 'instance.approve',
  tag: 'bots',
  summary: 'Approves a new bot for 1, 2, 3, 6 or 12 months, and it starts (seed row S4-041).',
  command: 'approve',
  key: 'optional',
  params: ofInstance,
  body: z.strictObject({ duration_months: months, ...paid }),
  answer: subscribed,
})

export const renewInstance = endpoint({
  method: 'post',
  path: '/api/instances/:id/renew',
  access: 'instance.renew',
  tag: 'bots',
  summary: 'Renews a bot: from its end while approved, from now once expired (seed row S4-050).',
  command: 'renew',
  key: 'optional',
  params: ofInstance,
  body: z.strictObject({ duration_months: months, ...paid }),
  answer: subscribed,
})

const act = (
  verb: string,
  command: string,
  permission: 'instance.expire' | 'instance.activate' | 'instance.start' | 'instance.stop' | 'instance.restart',
  summary: string,
) =>
  endpoint({
    method: 'post',
    path: `/api/instances/:id/${verb}`,
    access: permission,
    tag: 'bots',
    summary,
    command,
    key: 'optional',
    params: ofInstance,
    answer: instanceSchema,
  })

export const expireInstance = act('expire', 'expire', 'instance.expire', 'Ends a subscription now.')
export const activateInstance = act('activate', 'activate', 'instance.activate', 'Lifts a suspension.')
export const startInstance = act('start', 'start', 'instance.start', 'Wishes an approved bot running.')
export const stopInstance = act('stop', 'stop', 'instance.stop', 'Wishes a bot stopped; nothing is deleted (S4-048).')
export const restartInstance = act('restart', 'restart', 'instance.restart', 'Asks for a new worker.')

export const suspendInstance = endpoint({
  method: 'post',
  path: '/api/instances/:id/suspend',
  access: 'instance.suspend',
  tag: 'bots',
  summary: 'Suspends a bot with a reason that everybody sees.',
  command: 'suspend',
  key: 'optional',
  params: ofInstance,
  body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
  answer: instanceSchema,
})

export const moveInstance = endpoint({
  method: 'post',
  path: '/api/instances/:id/move',
  access: 'instance.move',
  tag: 'bots',
  summary: 'Hands a bot over to another server, without overlap.',
  command: 'server move',
  key: 'optional',
  params: ofInstance,
  body: z.strictObject({ to: serverName, force: z.boolean().default(false) }),
  answer: instanceSchema,
})

export const setToken = endpoint({
  method: 'put',
  path: '/api/instances/:id/token',
  access: 'instance.set_token',
  tag: 'bots',
  summary: 'Gives a Telegram bot a new token of the same bot.',
  command: 'set-token',
  params: ofInstance,
  body: z.strictObject({ token }),
  answer: instanceSchema,
})

export const listEvents = endpoint({
  method: 'get',
  path: '/api/instances/:id/events',
  access: 'instance.read',
  tag: 'bots',
  summary: 'What happened to a bot, newest first.',
  command: 'events',
  params: ofInstance,
  query: z.strictObject({ limit: limit(500, 50), before: z.coerce.number().int().positive().optional() }),
  answer: z.strictObject({ items: z.array(eventSchema) }),
})

export const listPeriods = endpoint({
  method: 'get',
  path: '/api/instances/:id/periods',
  access: 'instance.read',
  tag: 'bots',
  summary: 'The paid stretches of a subscription, newest first.',
  params: ofInstance,
  answer: z.strictObject({ items: z.array(periodSchema) }),
})

export const quotePeriods = endpoint({
  method: 'get',
  path: '/api/instances/:id/terms',
  access: 'instance.read',
  tag: 'bots',
  summary: 'Until when a bot would run if it were approved or renewed now, for each choice of months.',
  params: ofInstance,
  answer: z.strictObject({ items: z.array(periodQuoteSchema) }),
})

export const listSamples = endpoint({
  method: 'get',
  path: '/api/instances/:id/samples',
  access: 'instance.read',
  tag: 'bots',
  summary: 'Processor time and memory of the last hours, oldest first, thinned out to at most 500 points.',
  params: ofInstance,
  query: z.strictObject({ hours: z.coerce.number().positive().max(48).default(1) }),
  answer: z.strictObject({ items: z.array(sampleSchema) }),
})

export const pairingCode = endpoint({
  method: 'get',
  path: '/api/instances/:id/pairing-code',
  access: 'instance.read',
  tag: 'pairing',
  summary: 'The link of a WhatsApp bot and its last request to pair; changes nothing (seed row S4-046).',
  command: 'pair',
  params: ofInstance,
  answer: pairingSchema,
})

export const regenerateCode = endpoint({
  method: 'post',
  path: '/api/instances/:id/regenerate-code',
  access: 'instance.pair',
  tag: 'pairing',
  summary: 'Asks WhatsApp for a new code, or a QR code; it is shown by GET once WhatsApp has accepted it (S4-047).',
  command: 'pair',
  params: ofInstance,
  body: z.strictObject({ method: z.enum(pairingMethods).default('code') }),
  status: 202,
  answer: pairingSchema,
})
