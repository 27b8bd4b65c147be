/**
 * The calls by which a worker hands on what a person wrote or pressed: each names the channel's own update, so that its
 * effect is applied once, and says where the channel stands, so that its answer is found (docs/adr/0004).
 */
import * as z from 'zod/mini'

export const languages = ['en', 'zh', 'fa', 'ru'] as const
export type Language = (typeof languages)[number]

/** The language of a channel's hint, such as `fa-IR`; English where we do not speak it. */
export function languageOfHint(hint: string | null): Language {
  const primary = hint?.toLowerCase().split(/[-_]/)[0]
  return languages.find((language) => language === primary) ?? 'en'
}

/** The person behind an update, in the channel's own words. */
export const personSchema = z.object({
  platformUserId: z.string().check(z.maxLength(64)),
  chatId: z.string().check(z.maxLength(64)),
  username: z.nullable(z.string().check(z.maxLength(64))),
  displayName: z.nullable(z.string().check(z.maxLength(256))),
  /** The channel's language hint, for example Telegram's language_code. */
  languageHint: z.nullable(z.string().check(z.maxLength(16))),
  /** The LID of a WhatsApp account whose phone number `platformUserId` is, where the channel shows both. */
  lid: z.optional(z.nullable(z.string().check(z.regex(/^[0-9]{1,20}@lid$/)))),
})
export type Person = z.infer<typeof personSchema>

/** `tg:<update_id>`. */
export const updateKeySchema = z.string().check(z.minLength(1), z.maxLength(128))

/** Every write names the channel's own update and may carry a business nonce; both are applied once. */
export const onceSchema = {
  updateKey: updateKeySchema,
  /** A second key for what an app may send again under another update id, for example a button's message and action. */
  nonce: z.nullable(z.string().check(z.minLength(1), z.maxLength(128))),
  person: personSchema,
  /**
   * Where the channel stands: an answer that goes out from now on lies behind it. In the channel's own words; null
   * when it cannot say.
   */
  answerMark: z._default(z.nullable(z.string().check(z.minLength(1), z.maxLength(64))), null),
}

export const customerSchema = z.object({
  customerId: z.string(),
  language: z.nullable(z.enum(languages)),
})

/**
 * What the gateway answers to a business call. `answered`: this update was answered, and that was noted.
 * `earlierMarks`: marks of earlier attempts, whose answer may have gone out without having been noted.
 */
export function onceAnswer<T extends z.ZodMiniType>(outcome: T) {
  const earlierMarks = z._default(z.array(z.string()), [])
  return z.object({ outcome, repeated: z.boolean(), answered: z.boolean(), earlierMarks })
}

type Shape = Readonly<Record<string, z.ZodMiniType>>

/**
 * A call of a room: what it asks besides who and where, and what comes of it. Each worker knows all of them and makes
 * few, so that what a call's bodies must be like is put together when it is first made.
 */
export function onceCall<Question extends Shape, Result extends z.ZodMiniType>(
  path: string,
  question: Question,
  result: Result,
) {
  const makeRequest = () => z.object({ ...onceSchema, ...question })
  const makeAnswer = () => onceAnswer(z.extend(customerSchema, { result }))
  let request: ReturnType<typeof makeRequest> | undefined
  let answer: ReturnType<typeof makeAnswer> | undefined
  return {
    path,
    get request() {
      request ??= makeRequest()
      return request
    },
    get answer() {
      answer ??= makeAnswer()
      return answer
    },
  }
}

/** What a person was asked for, so that the next text is understood: by whom to be understood, and about what. */
export const askedSchema = z.object({
  ask: z.string().check(z.minLength(1), z.maxLength(64)),
  args: z.array(z.string().check(z.maxLength(2000))).check(z.maxLength(8)),
})
export type Asked = z.infer<typeof askedSchema>

/** Lines of a numbered menu that are kept: as many as there are choices on any screen. */
export const menuMax = 100
/** Characters of a line of a menu. */
export const menuLabelMax = 64
/**
 * A numbered menu that a person was shown, where the channel has no buttons: what is typed, and where it leads. A line
 * without a key is chosen by its label.
 */
export const menuSchema = z
  .array(
    z.object({
      key: z.string().check(z.maxLength(3)),
      label: z.string().check(z.maxLength(menuLabelMax)),
      intent: z.string().check(z.minLength(1), z.maxLength(64)),
    }),
  )
  .check(z.maxLength(menuMax))
export type Menu = z.infer<typeof menuSchema>

/** What is kept of a conversation between two messages; an `ask` of no letters is that nothing is asked for. */
export const standingSchema = z.extend(askedSchema, {
  ask: z.string().check(z.maxLength(64)),
  menu: z.optional(menuSchema),
})
