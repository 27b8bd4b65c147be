/** A Telegram bot as a channel: starts politely, receives by the poller, answers by the conversation. */
import type { CallbackQuery, Message, Update } from 'telegraf/types'
import { languages, type Person, type WorkerIdentity, type WorkerLimits } from '../../domain/worker-contract.ts'
import type { Channel, ChannelContext } from '../channel.ts'
import { Conversation, type Turn } from '../shop/conversation.ts'
import type { Screen } from '../shop/screen.ts'
import { text } from '../shop/texts.ts'
import { WorkerExit } from '../worker-exit.ts'
import { AnswerMarks, findEarlierAnswer } from './earlier-answer.ts'
import { decodeCallback, decodeText, encodeIntent } from './intent-code.ts'
import { Poller, tokenRefused } from './poller.ts'
import { safeSendHtml } from './safe-send-html.ts'
import { networkCodeOf, refusalOf, TelegramApi } from './telegram-api.ts'

/**
 * A message that waited for us and is older than this at our start is from a time when the bot did not run. The age
 * alone says nothing: to a host whose clock is ahead every message would be old.
 */
const oldAfterMs = 10 * 60_000
const webhookCallLimitMs = 15_000
/** Chats that are remembered as told that the bot was away. */
const toldAwayMax = 2000

export class TelegramChannel implements Channel {
  readonly #context: ChannelContext
  readonly #api: TelegramApi
  readonly #conversation: Conversation
  readonly #startedWallMs: number
  readonly #toldAway = new Set<string>()
  /** Ids of the updates in hand that had been waiting at our start. */
  readonly #waited = new Set<number>()
  readonly #marks = new AnswerMarks()
  #mayTakeWebhook: boolean
  #commandsSet = false

  constructor(context: ChannelContext) {
    this.#context = context
    this.#api = new TelegramApi(context.identity, context)
    this.#conversation = new Conversation(context.gateway, context.identity.name)
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
  }

  setLimits(limits: WorkerLimits): void {
    this.#api.setLimits(limits)
  }

  async run(): Promise<void> {
    await new Poller(this.#context, this.#api, {
      see: (update) => this.#marks.see(update),
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
    if (message.chat.type !== 'private' || message.from === undefined || message.from.is_bot) return
    const isOld = this.#waited.has(updateId) && message.date * 1000 < this.#startedWallMs - oldAfterMs
    const intent = decodeText('text' in message ? message.text : '')
    const person = personOf(message.from, message.chat.id)
    const answerMark = this.#marks.markFor(person.chatId)
    await this.#answer({ intent, person, updateKey: `tg:${updateId}`, isOld, answerMark })
  }

  async #onCallback(updateId: number, query: CallbackQuery): Promise<void> {
    const { message } = query
    const intent = 'data' in query ? decodeCallback(query.data) : undefined
    if (message !== undefined && message.chat.type === 'private' && intent !== undefined) {
      const person = personOf(query.from, message.chat.id)
      const answerMark = this.#marks.markFor(person.chatId)
      await this.#answer({ intent, person, updateKey: `tg:${updateId}`, isOld: false, answerMark }, message.message_id)
    }
    // Takes the waiting sign off the button; an old press cannot be answered any more, which hurts nobody.
    await this.#api.send('answer', 'answerCallbackQuery', { callback_query_id: query.id }).catch(() => {})
  }

  async #answer(turn: Turn, pressedMessageId?: number): Promise<void> {
    const { gateway } = this.#context
    const { chatId, platformUserId } = turn.person
    const { screens, answered, earlierMarks } = await this.#conversation.respond(turn)
    // Of a backlog from a stopped time, one message of each chat is answered: that we were away.
    const silent = answered || (turn.isOld && this.#toldAway.has(chatId))
    if (turn.isOld) this.#noteToldAway(chatId)
    if (!silent) {
      const unshown = await this.#unshown(chatId, screens, earlierMarks)
      try {
        for (const screen of unshown) await this.#show(chatId, screen, pressedMessageId)
      } catch (error) {
        if (refusalOf(error) === undefined) this.#marks.sentPerhaps(chatId)
        await this.#afterSendFailure(error, platformUserId)
      }
    }
    if (!answered) await gateway.call('answered', { updateKeys: [turn.updateKey] })
  }

  /** Leaves out the screens that an earlier worker has shown and could not note: the first ones, since it ended then. */
  async #unshown(chatId: string, screens: readonly Screen[], earlierMarks: readonly string[]): Promise<Screen[]> {
    let after = 0
    for (const [index, screen] of screens.entries()) {
      // What replaces another message is the same when it is done again.
      const found =
        screen.replaces === true ? undefined : await this.#findShown(chatId, screen, { earlierMarks, after })
      if (found === undefined) return screens.slice(index)
      this.#marks.sent(chatId, found)
      after = found
    }
    return []
  }

  #findShown(
    chatId: string,
    screen: Screen,
    where: { earlierMarks: readonly string[]; after: number },
  ): Promise<number | undefined> {
    const rest = renderRest(screen)
    const editTo = (id: number) => (chat: string, html: string) =>
      this.#api.repeat('editMessageText', { chat_id: chat, message_id: id, text: html, ...rest })
    return findEarlierAnswer(where.earlierMarks, where.after, (id) => safeSendHtml(editTo(id), chatId, screen.text))
  }

  #noteToldAway(chatId: string): void {
    const oldest = this.#toldAway.values().next()
    if (this.#toldAway.size >= toldAwayMax && oldest.done !== true) this.#toldAway.delete(oldest.value)
    this.#toldAway.add(chatId)
  }

  async #show(chatId: string, screen: Screen, pressedMessageId: number | undefined): Promise<void> {
    const rest = renderRest(screen)
    const send = async (chat: string, html: string) => {
      const sent = await this.#api.send('answer', 'sendMessage', { chat_id: chat, text: html, ...rest })
      this.#marks.sent(chat, (sent as Message).message_id)
    }
    if (screen.replaces !== true || pressedMessageId === undefined)
      return void (await safeSendHtml(send, chatId, screen.text))
    try {
      const edit = { chat_id: chatId, message_id: pressedMessageId, text: screen.text, ...rest }
      await this.#api.send('answer', 'editMessageText', edit)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal?.code !== 400) throw error
      if (!refusal.description.includes('not modified')) await safeSendHtml(send, chatId, screen.text)
    }
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
        const commands = (['start', 'help', 'language', 'id'] as const).map((command) => ({
          command,
          description: text(language, `command_${command}`),
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

/** What a screen is besides its text. */
function renderRest(screen: Screen): Record<string, unknown> {
  const keyboard = screen.choices?.map((row) =>
    row.map(({ label, intent }) => ({ text: label, callback_data: encodeIntent(intent) })),
  )
  return { parse_mode: 'HTML', ...(keyboard === undefined ? {} : { reply_markup: { inline_keyboard: keyboard } }) }
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
