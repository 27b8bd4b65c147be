/**
 * A bot's token that somebody writes, or edits into a message, is taken out of the chat the moment the message is
 * received: whoever wrote it, in whatever chat, before and beside all that is waiting there, and with the gateway away.
 */
import type { Message, Update } from 'telegraf/types'
import { holdsTelegramToken } from '../../domain/telegram-token.ts'
import type { TokenFate } from '../shop/turn.ts'
import { refusalOf, type TelegramApi } from './telegram-api.ts'

export class TokenEraser {
  readonly #api: TelegramApi
  readonly #fates = new Map<number, Promise<TokenFate>>()

  constructor(api: TelegramApi) {
    this.#api = api
  }

  see(update: Update): void {
    const message =
      'message' in update ? update.message : 'edited_message' in update ? update.edited_message : undefined
    if (message === undefined || message.from?.is_bot || !holdsTelegramToken(textOf(message))) return
    const fate = this.#erase(message)
    // The handling of the update hears of it; until then a failure is nobody's.
    fate.catch(() => {})
    this.#fates.set(update.update_id, fate)
  }

  /** What became of the token in this update; null when it holds none. Rejects as calls to Telegram do. */
  async fateOf(updateId: number): Promise<TokenFate | null> {
    return (await this.#fates.get(updateId)) ?? null
  }

  /** The update has been handled, or comes again. */
  forget(updateId: number): void {
    this.#fates.delete(updateId)
  }

  async #erase({ chat, message_id: id }: Message): Promise<TokenFate> {
    try {
      await this.#api.repeat('deleteMessage', { chat_id: String(chat.id), message_id: id })
      return 'erased'
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      // An earlier worker has done it and could not note that.
      return refusal.description.includes('not found') ? 'erased' : 'left'
    }
  }
}

export function textOf(message: Message): string {
  if ('text' in message) return message.text
  return 'caption' in message ? (message.caption ?? '') : ''
}
