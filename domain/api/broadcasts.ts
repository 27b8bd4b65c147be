/** News to a tenant's customers, over HTTP. */
import { z } from 'zod'
import { broadcastStates } from '../outbox.ts'
import { endpoint } from './endpoint.ts'
import { instant, limit, numberCursor, ofNumber, optionalInstant, pageOf, tenant } from './parts.ts'

const broadcastSchema = z
  .strictObject({
    id: z.int(),
    tenant: z.string(),
    html: z.string(),
    state: z.enum(broadcastStates),
    /** Whether everybody who is to get it is counted below. */
    counted: z.boolean(),
    recipients: z.int(),
    waiting: z.int(),
    sent: z.int(),
    failed: z.int(),
    dropped: z.int(),
    created_at: instant,
    created_by: z.string(),
    ended_at: optionalInstant,
  })
  .meta({ id: 'Broadcast', description: 'News to the customers of a tenant, and how far it has come.' })

export const listBroadcasts = endpoint({
  method: 'get',
  path: '/api/broadcasts',
  access: 'broadcast.send',
  tag: 'messages',
  summary: 'Broadcasts, newest first.',
  command: 'broadcast list',
  query: z.strictObject({ tenant: tenant.optional(), limit: limit(), cursor: numberCursor.optional() }),
  answer: pageOf(broadcastSchema),
})

export const createBroadcast = endpoint({
  method: 'post',
  path: '/api/broadcasts',
  access: 'broadcast.send',
  tag: 'messages',
  summary: 'Writes a broadcast in the HTML that Telegram knows, as a draft that goes to nobody yet.',
  command: 'broadcast create',
  key: 'optional',
  body: z.strictObject({
    /** To whose customers; an agent's own when left out. */
    tenant: tenant.optional(),
    html: z.string().min(1).max(10_000),
  }),
  status: 201,
  answer: broadcastSchema,
})

export const showBroadcast = endpoint({
  method: 'get',
  path: '/api/broadcasts/:id',
  access: 'broadcast.send',
  tag: 'messages',
  summary: 'One broadcast.',
  command: 'broadcast show',
  params: ofNumber,
  answer: broadcastSchema,
})

export const previewBroadcast = endpoint({
  method: 'post',
  path: '/api/broadcasts/:id/preview',
  access: 'broadcast.send',
  tag: 'messages',
  summary: 'Sends a broadcast to the chats of the person who asks alone, or of another user.',
  command: 'broadcast preview',
  key: 'optional',
  params: ofNumber,
  body: z.strictObject({
    /** Whose linked chats; the own ones when left out. */
    username: z.string().min(1).max(200).optional(),
  }),
  answer: z.strictObject({
    id: z.int(),
    /** To how many chats it goes. */
    chats: z.int(),
  }),
})

const step = (verb: 'start' | 'pause' | 'resume' | 'cancel', summary: string) =>
  endpoint({
    method: 'post',
    path: `/api/broadcasts/:id/${verb}`,
    access: 'broadcast.send',
    tag: 'messages',
    summary,
    command: `broadcast ${verb}`,
    key: 'optional',
    params: ofNumber,
    answer: broadcastSchema,
  })

export const startBroadcast = step('start', 'Sends a draft to every customer of its tenant who wants it.')
export const pauseBroadcast = step('pause', 'Stops a broadcast where it is.')
export const resumeBroadcast = step('resume', 'Goes on with a paused broadcast.')
export const cancelBroadcast = step('cancel', 'Ends a broadcast for good: who has not got it never will.')
