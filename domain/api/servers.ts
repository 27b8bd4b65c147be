/** Servers over HTTP: the seed's health and server-info, the list, draining, the database's clock. */
import { z } from 'zod'
import { states, statuses } from '../instance.ts'
import { endpoint } from './endpoint.ts'
import { instant, optionalInstant } from './parts.ts'

export const health = endpoint({
  method: 'get',
  path: '/api/health',
  access: 'public',
  tag: 'server',
  summary: 'Whether this server and its database answer; 503 when the database does not (seed row S4-037).',
  answer: z
    .strictObject({
      status: z.enum(['healthy', 'degraded']),
      service: z.string(),
      version: z.string(),
      server: z.string(),
      timestamp: instant,
    })
    .meta({ id: 'Health' }),
})

export const serverInfo = endpoint({
  method: 'get',
  path: '/api/server-info',
  access: 'server.read',
  tag: 'server',
  summary: "This server's bots by status (seed row S4-038).",
  answer: z
    .strictObject({
      server_name: z.string(),
      total_bots: z.int(),
      new_bots: z.int(),
      approved_bots: z.int(),
      expired_bots: z.int(),
    })
    .meta({ id: 'ServerInfo' }),
})

const serverSchema = z
  .strictObject({
    name: z.string(),
    alive: z.boolean(),
    draining: z.boolean(),
    drain_pinned: z.enum(['stay', 'stop']),
    server_epoch: z.int(),
    lease_until: optionalInstant,
    lease_left_ms: z.number(),
    capacity: z.int(),
    assigned: z.int(),
    floating: z.int(),
    running: z.int(),
    troubled: z.int(),
    by_status: z.partialRecord(z.enum(statuses), z.int()),
    by_state: z.partialRecord(z.enum(states), z.int()),
    cpu_percent: z.number(),
    memory_bytes: z.number(),
    standby_count: z.int(),
    standby_memory_bytes: z.number(),
    url: z.string().nullable(),
    version: z.string().nullable(),
    started_at: optionalInstant,
  })
  .meta({ id: 'Server', description: 'A server of this database; memory in bytes, cpu_percent of one core.' })

const pauseSchema = z
  .strictObject({
    noticed_at: instant,
    noticed_by: z.string(),
    kind: z.enum(['jump', 'difference']),
    jump_ms: z.number(),
    stands_at: instant,
  })
  .meta({ id: 'ExpiryPause', description: "Why expiry stands still: the database's clock jumped." })

export const listServers = endpoint({
  method: 'get',
  path: '/api/servers',
  access: 'server.read',
  tag: 'server',
  summary: 'Every server that shares this database, and whether expiry is paused.',
  command: 'server list',
  answer: z.strictObject({
    /** The server that answers. */
    self: z.string(),
    items: z.array(serverSchema),
    expiry_pause: pauseSchema.nullable(),
    /** The database's clock. */
    clock: instant,
  }),
})

const ofServer = z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'is no name of a server') })

export const drainServer = endpoint({
  method: 'post',
  path: '/api/servers/:name/drain',
  access: 'server.drain',
  tag: 'server',
  summary: 'Starts no more bots there; floating ones move to other servers.',
  command: 'server drain',
  params: ofServer,
  body: z.strictObject({
    /** What becomes of its pinned bots. */
    pinned: z.enum(['stay', 'stop']).default('stay'),
  }),
  answer: serverSchema,
})

export const undrainServer = endpoint({
  method: 'post',
  path: '/api/servers/:name/undrain',
  access: 'server.drain',
  tag: 'server',
  summary: 'Lets a drained server start bots again.',
  command: 'server undrain',
  params: ofServer,
  answer: serverSchema,
})

export const confirmClock = endpoint({
  method: 'post',
  path: '/api/servers/confirm-clock',
  access: 'server.confirm_clock',
  tag: 'server',
  summary: "Vouches for the database's clock after it jumped: expiry goes on by it.",
  command: 'server confirm-clock',
  body: z.strictObject({
    /** Also when it differs from the clock of this server's host. */
    force: z.boolean().default(false),
  }),
  answer: z.strictObject({ pause: pauseSchema, clock: instant, due: z.array(z.string()) }),
})

export const effectiveSettings = endpoint({
  method: 'get',
  path: '/api/settings',
  access: 'settings.read',
  tag: 'server',
  summary: 'The settings that this server runs with; secrets only say whether they are set.',
  answer: z.strictObject({
    server: z.string(),
    items: z.array(
      z
        .strictObject({
          name: z.string(),
          /** As one would write it in the environment; null when unset or secret. */
          value: z.string().nullable(),
          is_secret: z.boolean(),
          is_set: z.boolean(),
        })
        .meta({ id: 'Setting' }),
    ),
  }),
})
