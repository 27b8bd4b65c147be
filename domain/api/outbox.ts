/** What bots have to tell, over HTTP: notifications and other messages. */
import { z } from 'zod'
import { messageStates } from '../outbox.ts'
import { endpoint } from './endpoint.ts'
import { countedId, instant, limit, numberCursor, ofNumber, optionalInstant, pageOf, tenant } from './parts.ts'

const kind = z.string().regex(/^[a-z_]{1,50}$/, 'is no kind of message')
const numbers = z.array(countedId).min(1).max(1000)

const messageSchema = z
  .strictObject({
    id: z.int(),
    tenant: z.string(),
    customer: z.string().nullable(),
    chat: z.string().nullable(),
    kind: z.string(),
    reference: z.string(),
    state: z.enum(messageStates),
    attempts: z.int(),
    waits_for: z.string().nullable(),
    last_error: z.string().nullable(),
    instance: z.string().nullable(),
    broadcast: z.int().nullable(),
    created_at: instant,
    not_before: instant,
    ended_at: optionalInstant,
    payload: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Message', description: 'A message to a customer or a chat, and why it has not gone out yet.' })

export const listMessages = endpoint({
  method: 'get',
  path: '/api/outbox',
  access: 'outbox.read',
  tag: 'messages',
  summary: 'Messages that are not delivered yet, or those in one state, newest first.',
  command: 'outbox list',
  query: z.strictObject({
    state: z.enum(messageStates).optional(),
    tenant: tenant.optional(),
    kind: kind.optional(),
    limit: limit(),
    cursor: numberCursor.optional(),
  }),
  answer: pageOf(messageSchema),
})

export const showMessage = endpoint({
  method: 'get',
  path: '/api/outbox/:id',
  access: 'outbox.read',
  tag: 'messages',
  summary: 'One message.',
  command: 'outbox show',
  params: ofNumber,
  answer: messageSchema,
})

export const redriveMessages = endpoint({
  method: 'post',
  path: '/api/outbox/redrive',
  access: 'outbox.redrive',
  tag: 'messages',
  summary: 'Delivers dead letters once more: some by their numbers, or all of a tenant or kind.',
  command: 'outbox redrive',
  key: 'optional',
  body: z.union([
    z.strictObject({ ids: numbers }),
    z.strictObject({ all: z.literal(true), tenant: tenant.optional(), kind: kind.optional() }),
  ]),
  answer: z.strictObject({ redriven: z.array(z.int()) }),
})

export const dropMessages = endpoint({
  method: 'post',
  path: '/api/outbox/drop',
  access: 'outbox.redrive',
  tag: 'messages',
  summary: 'Gives messages up that are dead or wait: nobody will be told.',
  command: 'outbox drop',
  key: 'optional',
  body: z.strictObject({ ids: numbers }),
  answer: z.strictObject({ dropped: z.array(z.int()) }),
})
