/**
 * The calls by which a worker delivers what its bot has to tell without being asked. What is to be said is asked for in
 * the chat's own queue, one message at a time, so that a message's mark (docs/adr/0004) has nothing but that message
 * of this bot behind it.
 */
import * as z from 'zod/mini'
import { onceCall } from './once-call.ts'

const mark = z.nullable(z.string().check(z.minLength(1), z.maxLength(64)))
const chatId = z.string().check(z.minLength(1), z.maxLength(64))

/** What a worker has to do with a message that was handed to it. */
const messageSchema = z.object({
  id: z.int(),
  /** Which text: see domain/notices.ts. A worker may be older than its server and not know it. */
  kind: z.string(),
  payload: z.record(z.string(), z.unknown()),
  /** The recipient's language, or the channel's hint at it. */
  language: z.nullable(z.string()),
  /** The shop that the master's bot speaks for, whose own bot cannot. */
  onBehalfOf: z.nullable(z.string()),
  /** The words of a broadcast. */
  html: z.nullable(z.string()),
  /** What was bought. */
  goods: z.nullable(
    z.object({
      product: z.string(),
      /** Units of text; null when they are many: then they are fetched like a file, as number 0. */
      lines: z.nullable(z.array(z.string())),
      /** Names of the units that are files; the first is number 1. */
      files: z.array(z.string()),
    }),
  ),
  /** How many of its parts have gone out: the first ones. */
  partsSent: z.int(),
  /** Marks of earlier attempts at the next part: one of them may have succeeded. */
  earlierMarks: z.array(z.string()),
})
export type OutboxMessage = z.infer<typeof messageSchema>

/** What became of a message. */
export const settledSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('sent'), id: z.int(), messageId: z.nullable(z.int()) }),
  /** Nothing will change by trying again: the person blocked the bot, the chat does not exist. */
  z.object({ outcome: z.literal('refused'), id: z.int(), reason: z.string() }),
  z.object({ outcome: z.literal('later'), id: z.int(), reason: z.string(), retryAfterMs: z.nullable(z.number()) }),
  /** The channel was not asked at all: no attempt. */
  z.object({ outcome: z.literal('untried'), id: z.int(), reason: z.string() }),
])
export type Settled = z.infer<typeof settledSchema>

export const outboxCalls = {
  /** Which chats of this bot have something to be told now. */
  outboxDue: {
    path: '/v1/outbox/due',
    request: z.object({}),
    answer: z.object({
      /** Where somebody waits for it. */
      urgent: z.array(z.string()),
      /** Whether there are more such chats than these. */
      more: z.boolean(),
      /** Where it is one of many, the first few. */
      bulk: z.array(z.string()),
      /** When something else will be due; null when nothing is known of. */
      nextInMs: z.nullable(z.number()),
      /** The highest message id that this bot is known to have reached: for workers that were not given it with their identity. */
      mark: z.nullable(z.string()),
    }),
  },
  /** Notes what became of the last message and takes the next one for a chat. */
  outboxNext: {
    path: '/v1/outbox/next',
    request: z.object({
      chatId,
      /** What may be taken: `any` is one of many, too, where nobody waits for another. */
      take: z.enum(['urgent', 'any', 'nothing']),
      answerMark: mark,
      settled: z.nullable(settledSchema),
    }),
    answer: z.object({ message: z.nullable(messageSchema) }),
  },
  /** A part of a message went out, others follow. */
  outboxPart: {
    path: '/v1/outbox/part',
    request: z.object({ id: z.int(), partsSent: z.int(), answerMark: mark }),
    /** Whether the message is still this worker's: if not, nothing more of it is to be sent. */
    answer: z.object({ mine: z.boolean() }),
  },
  /** The content of a file that belongs to a message in hand. */
  outboxFile: {
    path: '/v1/outbox/file',
    request: z.object({ id: z.int(), number: z.int() }),
    /** Null when the message is no longer this worker's, or has no such file. */
    answer: z.object({ base64: z.nullable(z.string()) }),
  },
} as const

/** What a customer decides about broadcasts. */
export const newsCalls = {
  setNews: onceCall('/v1/set-news', { wanted: z.boolean() }, z.object({ wanted: z.boolean() })),
}
