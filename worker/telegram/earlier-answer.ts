/**
 * Finds an answer that went out and was not noted, because its worker ended between the two (docs/adr/0004). Telegram
 * has no idempotency key for sending and cannot be asked what a chat holds, but it can be asked to edit a message: to
 * make the answer what it is already says "not modified".
 *
 * Message ids of a bot's private chats come from one counter, so the answer has one of the next ids after the highest
 * that was known before it was sent: the mark, which the gateway keeps with the update. Telegram does not promise that
 * counter. Where it fails, nothing is found and the answer is sent again: at worst it is repeated, never lost.
 *
 * Nothing else is edited by mistake: of the messages that lie behind the mark the bot's own in this chat are this answer
 * alone, since a chat's updates are answered one after another; a chat where a send had no outcome gives no mark.
 */
import type { Update } from 'telegraf/types'
import { refusalOf } from './telegram-api.ts'

/** How many ids behind a mark are tried: what other chats may have used up in the moment of the send. */
const reach = 20
/** And as far as the counter is known to have come since, but no further than this: a send may have had to wait. */
const reachMax = 100
/** Messages that are known by what they are: about those that lie behind the marks of one moment. */
const knownMax = 500
/** What a person's message is known as. */
const saidByPerson = 'said by a person'

/** Only chats with persons count their messages together; groups and channels have counters of their own. */
export function isPrivate(chatId: string): boolean {
  return Number(chatId) > 0
}

export class AnswerMarks {
  #highest: number
  /** What a message was: ours that we have sent, and people's. */
  readonly #known = new Map<number, string>()
  /** Chats in which a message may lie behind the mark that we do not know of. */
  readonly #unsure = new Set<string>()

  /** `reached`: what earlier workers have noted. */
  constructor(reached: number | null) {
    this.#highest = reached ?? 0
  }

  /**
   * Notes what an update says about the counter. A new message has the highest id of its time; the message whose button
   * was pressed may be an old one, with others of ours behind it.
   */
  see(update: Update): void {
    const message = 'message' in update ? update.message : undefined
    if (message?.chat.type !== 'private') return
    this.reached(message.message_id)
    this.#know(message.message_id, saidByPerson)
  }

  /** Notes a message that Telegram has accepted; `key` says what it is, the same at each attempt. */
  sent(chatId: string, messageId: number, key = ''): void {
    this.#unsure.delete(chatId)
    if (!isPrivate(chatId)) return
    this.reached(messageId)
    this.#know(messageId, key)
  }

  /** The counter is known to have come so far. */
  reached(messageId: number): void {
    if (Number.isSafeInteger(messageId)) this.#highest = Math.max(this.#highest, messageId)
  }

  get highest(): number {
    return this.#highest
  }

  #know(messageId: number, key: string): void {
    this.#known.set(messageId, key)
    const oldest = this.#known.keys().next()
    if (this.#known.size > knownMax && oldest.done !== true) this.#known.delete(oldest.value)
  }

  /** Whether a message is known to be another one than `key` says. */
  isAnother(messageId: number, key: string): boolean {
    const known = this.#known.get(messageId)
    return known !== undefined && known !== key
  }

  /** A send to this chat had no outcome. */
  sentPerhaps(chatId: string): void {
    this.#unsure.add(chatId)
  }

  /** The mark for an answer that is sent from now on; null where one would prove nothing. */
  markFor(chatId: string): string | null {
    return this.#highest === 0 || this.#unsure.has(chatId) || !isPrivate(chatId) ? null : String(this.#highest)
  }
}

/** What was found behind the marks. */
export interface Found {
  readonly id: number
  /** Messages that were made the answer on the way and are not it: to be taken away. */
  readonly others: readonly number[]
}

/**
 * Tries the ids behind the marks and behind `after` but for those to skip, as far as the counter may have come when it
 * went out (`highest` is how far it has by now), oldest mark first: whoever came later looked, too, before it sent, and may
 * only have said that it is busy. `edit` makes a message the answer; it rejects with a refusal. A message that is the
 * answer already is it; where none is, the first one that could be made the answer is: its buttons differed.
 * @returns undefined when there is none or it cannot be told.
 */
export async function findEarlierAnswer(
  marks: readonly string[],
  where: { readonly after: number; readonly highest: number; readonly skip: (messageId: number) => boolean },
  edit: (messageId: number) => Promise<unknown>,
): Promise<Found | undefined> {
  const made: number[] = []
  for (const id of idsBehind(marks, where)) {
    try {
      await edit(id)
      made.push(id)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      if (refusal.code !== 400) break
      if (refusal.description.includes('not modified')) return { id, others: made }
    }
  }
  const [first, ...others] = made
  return first === undefined ? undefined : { id: first, others }
}

function* idsBehind(
  marks: readonly string[],
  { after, highest, skip }: Parameters<typeof findEarlierAnswer>[1],
): Generator<number> {
  const tried = new Set<number>()
  for (const mark of marks.map(Number)) {
    const last = Math.max(mark + reach, Math.min(highest, mark + reachMax))
    for (let id = mark + 1; id <= last; id += 1) {
      if (!Number.isSafeInteger(id) || id <= after || tried.has(id) || skip(id)) continue
      tried.add(id)
      yield id
    }
  }
}
