/** What is watched live and what was logged. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ofInstance, optionalInstant } from './parts.ts'

/** As `Last-Event-ID` has it: the change to resume after, and the place in the log that is followed beside. */
const eventId = z.string().regex(/^\d{1,15}(~(start|[0-9a-f]{16}\.\d{1,15}))?$/, 'is no id of an event')

export const streamEvents = endpoint({
  method: 'get',
  path: '/api/events',
  access: 'session',
  tag: 'events',
  summary:
    'What changes, as it happens (server-sent events): `ready`, `change`, `resync` (read everything anew), `log`, ' +
    '`log-trouble`, `database`, `bye`. It goes on after the `Last-Event-ID` header, or `after`.',
  query: z.strictObject({
    after: eventId.optional(),
    /** A bot whose new log lines are told, too. */
    logs: ofInstance.shape.id.optional(),
  }),
  mediaType: 'text/event-stream',
  answer: z.string(),
})

/** Decodes a `Last-Event-ID`; undefined for what cannot be one of ours. */
export function parseEventId(text: string): { readonly change: number; readonly log: string | undefined } | undefined {
  if (!eventId.safeParse(text).success) return undefined
  const [change, log] = text.split('~')
  return { change: Number(change), log }
}

const logPlace = z.string().regex(/^[0-9a-f]{16}\.\d{1,15}$/, 'is no place in a log')

/** What a page of a log is asked with. */
export const logQuery = z.strictObject({
  lines: z.coerce.number().int().min(1).max(1000).default(200),
  /** The lines before this place, as an earlier page named it. */
  before: logPlace.optional(),
  /** The lines after this place, oldest first; `start` is the beginning of the present file. */
  after: z.union([z.literal('start'), logPlace]).optional(),
  /** A part of the line, whatever its case. */
  q: z.string().max(200).optional(),
  /** This level and what is graver. */
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).optional(),
})

const logEntrySchema = z
  .strictObject({
    /** Null for a line that a library printed past the logger. */
    at: optionalInstant,
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
    /** It was too long to be shown whole. */
    cut: z.boolean(),
  })
  .meta({ id: 'LogEntry' })

/** A page of a log, as its own server answers it. */
export const logPageSchema = z.strictObject({
  /** Oldest first. */
  lines: z.array(logEntrySchema),
  /** Where the page before this one ends; null when there is nothing older. */
  before: logPlace.nullable(),
  /** Where this page ends; null while nothing was logged. */
  after: logPlace.nullable(),
  /** Lines that were rotated away were left out. */
  skipped: z.boolean(),
})

export const readLog = endpoint({
  method: 'get',
  path: '/api/instances/:id/logs',
  access: 'instance.logs',
  tag: 'events',
  summary: "A page of a bot's log, searched where wanted; its own server is asked where that is another one.",
  command: 'logs',
  params: ofInstance,
  query: logQuery,
  answer: z.strictObject({ instance: z.string(), server: z.string(), ...logPageSchema.shape }).meta({ id: 'LogPage' }),
})
