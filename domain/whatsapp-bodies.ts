/**
 * What a WhatsApp worker keeps of messages at its server, as bodies that the server seals and does not read: those that came
 * until they are answered, those that went out until nobody can ask for them any more. A worker may find what an older one
 * has written, so bodies are decoded like anything from outside.
 */
import * as z from 'zod/mini'

const arrivedSchema = z.object({
  id: z.string(),
  chat: z.string(),
  phone: z.nullable(z.string()),
  lid: z.nullable(z.string()),
  name: z.nullable(z.string()),
  /** The sender's time, in milliseconds since 1970. */
  at: z.number(),
  text: z.string(),
  /** It held a bot's token, which is left out of the text. */
  token: z.boolean(),
})
export type ArrivedBody = z.infer<typeof arrivedSchema>

/** `outbox`: the outbox looks after it, and sends it again should it be lost. */
const sentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string(), outbox: z.boolean() }),
  z.object({
    kind: z.literal('picture'),
    picture: z.object({ product: z.string(), version: z.string() }),
    caption: z.string(),
    outbox: z.boolean(),
  }),
  /** Without its content: whoever sends it again has that. */
  z.object({ kind: z.literal('file'), name: z.string(), caption: z.string(), outbox: z.boolean() }),
])
export type SentBody = z.infer<typeof sentSchema>

/** Undefined when it is no such body. */
export function decodeArrivedBody(body: string): ArrivedBody | undefined {
  return decoded(arrivedSchema, body)
}

/** Undefined when it is no such body. */
export function decodeSentBody(body: string): SentBody | undefined {
  return decoded(sentSchema, body)
}

function decoded<T extends z.ZodMiniType>(schema: T, body: string): z.infer<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
