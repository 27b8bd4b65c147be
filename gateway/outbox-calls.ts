/**
 * What a worker asks in order to deliver what its bot has to tell. Goods are opened here, for the message that is about
 * to hand them over, and stand in no message at rest.
 */
import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import type { newsCalls, OutboxMessage, outboxCalls } from '../domain/outbox-calls.ts'
import type { Fence } from '../services/fence.ts'
import { dueChats } from '../services/outbox/due-chats.ts'
import { type DeliveredGoods, goodsOfMessage } from '../services/outbox/goods-of-message.ts'
import { notePart } from '../services/outbox/note-part.ts'
import { setNews } from '../services/outbox/set-news.ts'
import { settleMessage } from '../services/outbox/settle-message.ts'
import { type TakenMessage, takeNext } from '../services/outbox/take-next.ts'
import { type BusinessCall, change, decodeCall, passFence, type RoomHandlers } from './call-frame.ts'

/** Characters of text that are handed over with the message; more is fetched like a file. */
const linesMax = 4096

export const outboxHandlers: { readonly [N in keyof typeof outboxCalls]: BusinessCall } = {
  outboxDue: async (tx, claim, body) => {
    decodeCall('outboxDue', body)
    return dueChats(tx, await passFence(tx, claim))
  },

  outboxNext: async (tx, claim, body, context) => {
    const { chatId, take, answerMark, settled } = decodeCall('outboxNext', body)
    const instance = await passFence(tx, claim)
    if (settled !== null) await settleMessage(tx, claim, settled)
    if (take === 'nothing') return { message: null }
    const taken = await takeNext(tx, claim, instance, { chatId, bulk: take === 'any', answerMark })
    return { message: taken === null ? null : await complete(tx, claim, taken, context.keyring()) }
  },

  outboxPart: async (tx, claim, body) => {
    const part = decodeCall('outboxPart', body)
    await passFence(tx, claim)
    return { mine: await notePart(tx, claim, part) }
  },

  outboxFile: async (tx, claim, body, context) => {
    const { id, number } = decodeCall('outboxFile', body)
    await passFence(tx, claim)
    const goods = await goodsOfMessage(tx, claim, context.keyring(), { id })
    const content = number === 0 ? goods?.lines.join('\n') : goods?.files[number - 1]?.content
    return { base64: content === undefined ? null : Buffer.from(content).toString('base64') }
  },
}

export const newsHandlers: RoomHandlers<keyof typeof newsCalls> = {
  setNews: change(async ({ tx, buyer, request }) => setNews(tx, buyer, request)),
}

/** A message with its goods; null when they do not open, which makes it wait and in the end a dead letter. */
async function complete(tx: Tx, claim: Fence, taken: TakenMessage, keyring: Keyring): Promise<OutboxMessage | null> {
  if (taken.kind !== 'goods') return { ...taken, goods: null }
  try {
    const goods = await goodsOfMessage(tx, claim, keyring, { id: taken.id })
    // An order that is not this customer's, or no order: nobody may have it.
    if (goods === undefined) throw new Failure('internal', 'there is no such order of this customer')
    return { ...taken, goods: inMessage(goods) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const reason = `its goods do not open: ${error.message}`
    await settleMessage(tx, claim, { outcome: 'later', id: taken.id, reason, retryAfterMs: null })
    return null
  }
}

function inMessage({ product, lines, files }: DeliveredGoods): NonNullable<OutboxMessage['goods']> {
  const length = lines.reduce((sum, line) => sum + line.length + 1, 0)
  return { product, lines: length > linesMax ? null : lines, files: files.map(({ name }) => name) }
}
