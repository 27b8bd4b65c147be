/**
 * The calls by which a WhatsApp worker keeps what must outlive it: the session of its linked device, the inbox, and what
 * it has sent. Each is one statement of the database that commits by itself; the gateway blinds ids and seals values.
 *
 * A person's `platformUserId` is the phone number's digits where the channel shows it, else the LID (`<digits>@lid`);
 * where both are known the LID goes along as `lid` (domain/once-call.ts), and the two are one customer from then on.
 */
import * as z from 'zod/mini'
import { updateKeySchema } from './once-call.ts'

const keyType = z.string().check(z.minLength(1), z.maxLength(64))
const keyId = z.string().check(z.minLength(1), z.maxLength(256))
/** Keys of one call: a first login has 812 of them. */
const keysMax = 2000
/** A value as text, with bytes in it as Baileys' BufferJSON writes them. */
const value = z.string().check(z.maxLength(256 * 1024))
/** What a message says, as the worker wants to have it back. */
const body = z.string().check(z.maxLength(32 * 1024))
const messageRef = { chat: z.string().check(z.minLength(1), z.maxLength(128)), id: keyId }

/**
 * The key of an update: `wa:` and the SHA-256 of chat and message id in base64url, since a chat's name is a phone number
 * and keys stand where they can be read.
 */
const arrivedKey = updateKeySchema.check(z.regex(/^wa:[\w-]{43}$/))

/** A message that is about to go out. Its id is chosen by us and the same at each attempt. */
export const sendingSchema = z.object({ ...messageRef, body })
export type SendingMessage = z.infer<typeof sendingSchema>
/** Messages of one call. */
export const sendingMax = 50

/** How far a message is, besides `queued`, with which it begins. It only goes on: a late `acked` undoes no `delivered`. */
export const sentStates = ['written', 'failed', 'acked', 'delivered'] as const

export const whatsappCalls = {
  /** The credentials of the linked device; null where there are none: then a device may be linked. */
  waOpen: {
    path: '/v1/wa/open',
    request: z.object({}),
    /** `linked`: the device is really linked, and not only about to be. */
    answer: z.object({ creds: z.nullable(z.string()), linked: z.boolean() }),
  },
  /** Keys of one type by their ids; null for one that there is not. */
  waKeys: {
    path: '/v1/wa/keys',
    request: z.object({ type: keyType, ids: z.array(keyId).check(z.maxLength(keysMax)) }),
    answer: z.object({ values: z.record(z.string(), z.nullable(z.string())) }),
  },
  /** Writes credentials and keys, all or nothing; a value of null removes its key, of several of one id the last holds. */
  waStore: {
    path: '/v1/wa/store',
    request: z.object({
      creds: z._default(z.nullable(value), null),
      /** These credentials are of a device that is linked. */
      linked: z._default(z.boolean(), false),
      keys: z.array(z.object({ type: keyType, id: keyId, value: z.nullable(value) })).check(z.maxLength(keysMax)),
    }),
    answer: z.object({}),
  },
  /** The device was unlinked: credentials and keys go together. */
  waForget: { path: '/v1/wa/forget', request: z.object({}), answer: z.object({}) },

  /** A message came; it is kept before anything is done about it, until its update is `answered`. */
  waArrived: {
    path: '/v1/wa/arrived',
    request: z.object({ updateKey: arrivedKey, body }),
    /** Whether it was there before, and whether it was answered. */
    answer: z.object({ known: z.boolean(), handled: z.boolean() }),
  },
  /** What a worker that begins finds undone, each list oldest first and of at most `pendingMax`. */
  waPending: {
    path: '/v1/wa/pending',
    request: z.object({}),
    answer: z.object({
      /** A body of null does not open: its update is to be marked as answered. */
      arrived: z.array(z.object({ updateKey: z.string(), body: z.nullable(z.string()) })),
      queued: z.array(sendingSchema),
      more: z.boolean(),
    }),
  },

  /** Notes what goes out, before it does; of messages that are known already nothing changes. See `answered`, too. */
  waSending: {
    path: '/v1/wa/sending',
    request: z.object({ messages: z.array(sendingSchema).check(z.minLength(1), z.maxLength(sendingMax)) }),
    answer: z.object({}),
  },
  /** How messages have got on; unknown ones are ignored, so that both addresses of a chat may be named. */
  waSent: {
    path: '/v1/wa/sent',
    request: z.object({
      changes: z
        .array(
          z.object({
            ...messageRef,
            state: z.enum(sentStates),
            /** Why it failed; null with any other state. */
            reason: z._default(z.nullable(z.string().check(z.maxLength(500))), null),
          }),
        )
        .check(z.minLength(1), z.maxLength(500)),
    }),
    answer: z.object({}),
  },
  /**
   * What a message said, for a recipient who asks for it once more; null when it is not known any more, or went to
   * another chat: who knows its id has not received it yet. `chats`: the addresses of who asks, LID and number.
   */
  waSentBody: {
    path: '/v1/wa/sent-body',
    request: z.object({ chats: z.array(messageRef.chat).check(z.minLength(1), z.maxLength(4)), id: messageRef.id }),
    answer: z.object({ body: z.nullable(z.string()) }),
  },
} as const

/** Rows of each list of `waPending`. */
export const pendingMax = 100
