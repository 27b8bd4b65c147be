/**
 * Shows screens in a chat, each once: what an earlier worker has shown and could not note is found first
 * (docs/adr/0004). A text is looked for by editing the text of the messages that may be it, a photo or a document by
 * editing their captions, which says "not modified" of the one that is there and nothing of its file.
 */
import type { Message } from 'telegraf/types'
import type { Lane } from '../pacing.ts'
import type { Screen } from '../shop/screen.ts'
import { type AnswerMarks, findEarlierAnswer } from './earlier-answer.ts'
import type { Pictures } from './pictures.ts'
import { hasFile, renderRest } from './rendering.ts'
import { isUnparsable, safeSendHtml } from './safe-send-html.ts'
import { refusalOf, type TelegramApi } from './telegram-api.ts'

/** Where and how screens are shown. */
export interface Showing {
  readonly chatId: string
  readonly lane: Lane
  /** What the screens belong to, the same at each attempt and no other's: what is known to be another is left alone. */
  readonly key: string
  /** Marks of earlier attempts at the same screens. */
  readonly earlierMarks: readonly string[]
  /** The message whose button led here: a screen that replaces takes its place. */
  readonly pressed?: number | undefined
  /** A message that stands for the answer until it is there: the first screen takes its place. */
  readonly placeholder?: number | undefined
}

export class ScreenSender {
  readonly #api: TelegramApi
  readonly #marks: AnswerMarks
  readonly #pictures: Pictures

  constructor(api: TelegramApi, marks: AnswerMarks, pictures: Pictures) {
    this.#api = api
    this.#marks = marks
    this.#pictures = pictures
  }

  /**
   * Shows what is not shown yet. Rejects with Telegram's refusal, or with the network's error when it is not known
   * whether the last screen went out: the chat then gives no marks until a message to it was accepted.
   */
  async show(screens: readonly Screen[], showing: Showing): Promise<void> {
    const { chatId, pressed } = showing
    let { placeholder } = showing
    /** What an earlier sender has shown are the first ones: behind it nothing is looked for, and nothing of ours. */
    let lookBehind: number | undefined = 0
    try {
      for (const screen of screens) {
        const replaces = screen.replaces === true && pressed !== undefined
        if (replaces && (await this.#replaced(screen, chatId, pressed))) continue
        if (lookBehind !== undefined) lookBehind = await this.#find(screen, showing, lookBehind)
        if (lookBehind !== undefined) continue
        if (placeholder !== undefined && (await this.#replaced(screen, chatId, placeholder))) placeholder = undefined
        else await this.#send(screen, showing)
      }
      if (placeholder !== undefined) await this.remove(chatId, placeholder)
    } catch (error) {
      if (refusalOf(error) === undefined) this.#marks.sentPerhaps(showing.chatId)
      throw error
    }
  }

  /** Takes a message away; best effort. */
  async remove(chatId: string, messageId: number): Promise<void> {
    await this.#api.repeat('deleteMessage', { chat_id: chatId, message_id: messageId }).catch(ignoreRefusal)
  }

  /** @returns the message by which an earlier sender has shown this screen; undefined when none is found. */
  async #find(screen: Screen, { chatId, key, earlierMarks }: Showing, after: number): Promise<number | undefined> {
    if (earlierMarks.length > 0) await this.#api.untilEarlierSendsArrived()
    const place = { after, highest: this.#marks.highest, skip: (id: number) => this.#marks.isAnother(id, key) }
    const found = await findEarlierAnswer(earlierMarks, place, (id) => this.#edit(chatId, id, screen))
    if (found === undefined) return undefined
    this.#marks.sent(chatId, found.id, key)
    for (const other of found.others) await this.remove(chatId, other)
    return found.id
  }

  /** Makes a message of ours this screen; its file, where it has one, stays. */
  #edit(chatId: string, messageId: number, screen: Screen): Promise<boolean> {
    const [method, field] = hasFile(screen) ? ['editMessageCaption', 'caption'] : ['editMessageText', 'text']
    const message = { chat_id: chatId, message_id: messageId, ...renderRest(screen) }
    return safeSendHtml((_chat, html) => this.#api.repeat(method, { ...message, [field]: html }), chatId, screen.text)
  }

  /** @returns whether that message is the screen now: a message keeps its kind, and is not changed for ever. */
  async #replaced(screen: Screen, chatId: string, messageId: number): Promise<boolean> {
    if (hasFile(screen)) return false
    try {
      await this.#edit(chatId, messageId, screen)
      return true
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal?.code !== 400) throw error
      return refusal.description.includes('not modified')
    }
  }

  async #send(screen: Screen, { chatId, lane, key }: Showing): Promise<void> {
    const rest = renderRest(screen)
    const send = async (chat: string, html: string): Promise<void> => {
      const sent = (await this.#sendAs(screen, lane, { chat_id: chat, ...rest }, html)) as Message
      this.#marks.sent(chat, sent.message_id, key)
      if (screen.picture !== undefined && 'photo' in sent) this.#pictures.keep(screen.picture, sent.photo)
    }
    await safeSendHtml(send, chatId, screen.text)
  }

  async #sendAs(
    screen: Screen,
    lane: Lane,
    message: { chat_id: string } & Record<string, unknown>,
    html: string,
  ): Promise<unknown> {
    const { attachment, picture } = screen
    if (attachment !== undefined) {
      const document = { source: attachment.content, filename: attachment.name.replace(/["\r\n\\/]/g, '_') }
      return this.#api.send(lane, 'sendDocument', { ...message, caption: html, document })
    }
    const photo = picture === undefined ? undefined : await this.#pictures.find(picture)
    const plainly = () => this.#api.send(lane, 'sendMessage', { ...message, text: html })
    if (photo === undefined || picture === undefined) return plainly()
    try {
      return await this.#api.send(lane, 'sendPhoto', { ...message, caption: html, photo })
    } catch (error) {
      // Telegram cannot read it, or no longer knows it: what is said does not wait for a picture.
      if (refusalOf(error)?.code !== 400 || isUnparsable(error)) throw error
      this.#pictures.forget(picture)
      return plainly()
    }
  }
}

function ignoreRefusal(error: unknown): void {
  if (refusalOf(error) === undefined) throw error
}
