/** A Telegram bot as a channel: starts politely, receives by the poller, answers by the conversation. */
import type { CallbackQuery, Message, Update } from 'telegraf/types'
import {
  languageOfHint,
  languages,
  type Person,
  type WorkerIdentity,
  type WorkerLimits,
} from '../../domain/worker-contract.ts'
import type { Channel, ChannelContext } from '../channel.ts'
import { ChatQueue } from '../chat-queue.ts'
import { Outbox } from '../outbox.ts'
import { Conversation } from '../shop/conversation.ts'
import { decodeCallback, decodeText, leadsBelow } from '../shop/intent-code.ts'
import { tokenText } from '../shop/office/words.ts'
import type { Said, Screen } from '../shop/screen.ts'
import type { Arrival } from '../shop/turn.ts'
import { WorkerExit } from '../worker-exit.ts'
import { AnswerMarks } from './earlier-answer.ts'
import { Pictures } from './pictures.ts'
import { Poller, tokenRefused } from './poller.ts'
import { ScreenSender } from './screen-sender.ts'
import { networkCodeOf, refusalOf, TelegramApi } from './telegram-api.ts'
import { TelegramOutbox } from './telegram-outbox.ts'
import { TokenEraser } from './token-eraser.ts'

/**
 * A message that waited for us and is older than this at our start is from a time when the bot did not run. The age
 * alone says nothing: to a host whose clock is ahead every message would be old.
 */
const oldAfterMs = 10 * 60_000
const webhookCallLimitMs = 15_000
/** Chats that are remembered as told that the bot was away. */
const toldAwayMax = 2000
/** Chats that are worked on at once. */
const concurrencyMax = 20

export class TelegramChannel implements Channel {
  readonly #context: ChannelContext
  readonly #api: TelegramApi
  readonly #conversation: Conversation
  readonly #startedWallMs: number
  readonly #toldAway = new Set<string>()
  /** Ids of the updates in hand that had been waiting at our start. */
  readonly #waited = new Set<number>()
  readonly #marks: AnswerMarks
  readonly #tokens: TokenEraser
  readonly #sender: ScreenSender
  readonly #queue = new ChatQueue(concurrencyMax)
  readonly #outbox: Outbox
  #mayTakeWebhook: boolean
  #commandsSet = false

  constructor(context: ChannelContext) {
    this.#context = context
    this.#api = new TelegramApi(context.identity, context)
    this.#marks = new AnswerMarks(context.identity.reached)
    this.#tokens = new TokenEraser(this.#api)
    this.#conversation = new Conversation(context)
    this.#sender = new ScreenSender(this.#api, this.#marks, new Pictures(context.gateway))
    const { gateway } = context
    const parts = { gateway, api: this.#api, queue: this.#queue, marks: this.#marks, sender: this.#sender }
    this.#outbox = new Outbox(context, new TelegramOutbox(parts))
    this.#startedWallMs = context.clock.wallMs()
    this.#mayTakeWebhook = context.identity.takeWebhook
    const { bot } = this.#api
    bot.botInfo = botInfoOf(context.identity)
    // Telegraf routes; an error must reach the poller, which lets the update come again.
    bot.catch((error) => {
      throw error
    })
    bot.on('my_chat_member', (ctx) => this.#onMembership(ctx.update.my_chat_member))
    bot.on('callback_query', (ctx) => this.#onCallback(ctx.update.update_id, ctx.update.callback_query))
    bot.on('message', (ctx) => this.#onMessage(ctx.update.update_id, ctx.update.message))
    bot.on('edited_message', (ctx) => this.#onAside(ctx.update.update_id, ctx.update.edited_message))
  }

  setLimits(limits: WorkerLimits): void {
    this.#api.setLimits(limits)
  }

  poke(): void {
    this.#outbox.poke()
  }

  async run(): Promise<void> {
    // Updates come behind it in its chats' queues.
    this.#outbox.takeUp(this.#context.identity.inDoubt)
    await new Poller(this.#context, this.#api, {
      queue: this.#queue,
      caughtUp: () => this.#outbox.start(),
      see: (update) => {
        this.#tokens.see(update)
        this.#marks.see(update)
      },
      handle: (update, waited) => this.#handle(update, waited),
      webhookIsSet: () => this.#settleWebhook(),
    }).run()
  }

  async #handle(update: Update, waited: boolean): Promise<void> {
    if (!this.#commandsSet) {
      this.#commandsSet = true
      void this.#setCommands()
    }
    if (waited) this.#waited.add(update.update_id)
    try {
      await this.#api.bot.handleUpdate(update)
    } finally {
      this.#waited.delete(update.update_id)
      this.#tokens.forget(update.update_id)
    }
  }

  /**
   * A webhook that somebody else has set is theirs: it is reported, and removed only when a person said so, once. Fails
   * as the calls do; the next poll then asks again.
   */
  async #settleWebhook(): Promise<void> {
    const call = (method: string, payload: Record<string, unknown>) =>
      this.#api.raw(method, payload, AbortSignal.any([this.#context.draining, AbortSignal.timeout(webhookCallLimitMs)]))
    const { url } = (await call('getWebhookInfo', {})) as { url?: string }
    if (url === undefined || url === '') return
    if (!this.#mayTakeWebhook) {
      throw new WorkerExit('webhook', `a webhook is set ${hostOf(url)}: ./botfleet start --take-webhook removes it`)
    }
    await call('deleteWebhook', { drop_pending_updates: false })
    this.#mayTakeWebhook = false
    this.#context.log.warn('a webhook was set for this bot and has been removed, as asked')
  }

  async #onMembership(change: Update.MyChatMemberUpdate['my_chat_member']): Promise<void> {
    if (change.chat.type !== 'private') return
    const blocked = change.new_chat_member.status === 'kicked'
    await this.#context.gateway.call('markBlocked', { platformUserId: String(change.from.id), blocked })
  }

  async #onMessage(updateId: number, message: Message): Promise<void> {
    if (message.from === undefined || message.from.is_bot) return
    if (message.chat.type !== 'private') return this.#onAside(updateId, message)
    const isOld = this.#waited.has(updateId) && message.date * 1000 < this.#startedWallMs - oldAfterMs
    const person = personOf(message.from, message.chat.id)
    const said = decodeText('text' in message ? message.text : '')
    const token = await this.#tokens.fateOf(updateId)
    await this.#answer(said, this.#arrival(updateId, message.message_id, { person, isOld, token }))
  }

  /** What is no part of the conversation is answered only where it holds a token that could not be taken away. */
  async #onAside(updateId: number, message: Message): Promise<void> {
    if ((await this.#tokens.fateOf(updateId)) !== 'left') return
    const chatId = String(message.chat.id)
    const text = tokenText(languageOfHint(message.from?.language_code ?? null), 'left')
    const sent = await this.#api.send('answer', 'sendMessage', { chat_id: chatId, text }).catch(() => undefined)
    if (sent !== undefined) this.#marks.sent(chatId, (sent as Message).message_id)
  }

  async #onCallback(updateId: number, query: CallbackQuery): Promise<void> {
    const { message } = query
    if (message !== undefined && message.chat.type === 'private') {
      const person = personOf(query.from, message.chat.id)
      const data = 'data' in query ? query.data : undefined
      const arrival = this.#arrival(updateId, message.message_id, { person, isOld: false, token: null })
      await this.#answer(decodeCallback(data), arrival, leadsBelow(data) ? undefined : message.message_id)
    }
    // Takes the waiting sign off the button; an old press cannot be answered any more, which hurts nobody.
    await this.#api.send('answer', 'answerCallbackQuery', { callback_query_id: query.id }).catch(() => {})
  }

  #arrival(updateId: number, messageId: number, who: Pick<Arrival, 'person' | 'isOld' | 'token'>): Arrival {
    const { chatId } = who.person
    return {
      ...who,
      updateKey: `tg:${updateId}`,
      // An update id may come again after months; beside a message's, which only grows, it does not.
      nonce: `${inSixDigits(updateId)}${inSixDigits(messageId)}`,
      answerMark: this.#marks.markFor(chatId),
      verdictOf: (token) => this.#api.verdictOf(token),
    }
  }

  async #answer(said: Said, arrival: Arrival, pressed?: number): Promise<void> {
    const { chatId, platformUserId } = arrival.person
    let placeholder: number | undefined
    const answer = await this.#conversation.respond(said, arrival, async (screen) => {
      placeholder = await this.#sayBusy(chatId, screen)
    })
    // Of a backlog from a stopped time, one message of each chat is answered: that we were away.
    const silent = answer.answered || (arrival.isOld && arrival.token === null && this.#toldAway.has(chatId))
    if (arrival.isOld) this.#noteToldAway(chatId)
    const { earlierMarks } = answer
    try {
      const showing = { chatId, lane: 'answer', key: arrival.updateKey, earlierMarks, pressed, placeholder } as const
      await this.#sender.show(silent ? [] : answer.screens, showing)
    } catch (error) {
      await this.#afterSendFailure(error, platformUserId)
    }
    if (!answer.answered) {
      const see = await this.#conversation.settle(arrival, answer, { reached: this.#marks.highest })
      see()
    }
    if (answer.pokesOutbox) await this.#outbox.deliverHere(chatId)
  }

  /** @returns the message that says so, whose place the answer takes. */
  async #sayBusy(chatId: string, screen: Screen): Promise<number | undefined> {
    try {
      const sent = await this.#api.send('answer', 'sendMessage', { chat_id: chatId, text: screen.text })
      const { message_id: id } = sent as Message
      this.#marks.sent(chatId, id)
      return id
    } catch (error) {
      if (refusalOf(error) === undefined) this.#marks.sentPerhaps(chatId)
      return undefined
    }
  }

  #noteToldAway(chatId: string): void {
    const oldest = this.#toldAway.values().next()
    if (this.#toldAway.size >= toldAwayMax && oldest.done !== true) this.#toldAway.delete(oldest.value)
    this.#toldAway.add(chatId)
  }

  /** A refused answer is over; one of unknown outcome is not repeated, since Telegram would show it twice. */
  async #afterSendFailure(error: unknown, platformUserId: string): Promise<void> {
    if (error instanceof WorkerExit) throw error
    const refusal = refusalOf(error)
    if (refusal?.code === 403) {
      await this.#context.gateway.call('markBlocked', { platformUserId, blocked: true })
      return
    }
    if (refusal?.code === 401) throw new WorkerExit('token_invalid', tokenRefused)
    const reason = refusal?.description ?? networkCodeOf(error) ?? 'unknown'
    this.#context.log.warn({ reason }, 'an answer was not delivered for certain; it is not repeated')
  }

  /** The menu of commands in every language; best effort, beside the answers. */
  async #setCommands(): Promise<void> {
    try {
      for (const language of languages) {
        const commands = this.#conversation.menu.map(({ command, description }) => ({
          command,
          description: description(language),
        }))
        await this.#api.send('background', 'setMyCommands', {
          commands,
          ...(language === 'en' ? {} : { language_code: language }),
        })
      }
    } catch (error) {
      this.#context.log.debug({ reason: refusalOf(error)?.description ?? networkCodeOf(error) }, 'commands not set')
    }
  }
}

/** What telegraf would ask getMe for: the first poll checks the token as well, and nothing here needs the rest. */
function botInfoOf({ credential, name }: WorkerIdentity): NonNullable<TelegramApi['bot']['botInfo']> {
  return {
    id: Number(credential.split(':')[0]),
    is_bot: true,
    first_name: name,
    username: '',
    can_join_groups: false,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
  }
}

/** Where a webhook leads, by its host only: a path may hold secrets. */
function hostOf(url: string): string {
  return URL.canParse(url) ? `at ${new URL(url).host}` : 'elsewhere'
}

/** In base 36, as many digits as 31 bits need. */
function inSixDigits(id: number): string {
  return id.toString(36).padStart(6, '0').slice(-6)
}

function personOf(from: NonNullable<Message['from']>, chatId: number): Person {
  const displayName = [from.first_name, from.last_name].filter((part) => part !== undefined).join(' ')
  return {
    platformUserId: String(from.id),
    chatId: String(chatId),
    username: from.username?.slice(0, 64) ?? null,
    displayName: displayName === '' ? null : displayName.slice(0, 256),
    languageHint: from.language_code?.slice(0, 16) ?? null,
  }
}
