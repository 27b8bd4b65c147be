/** A bot of a few lines for the chat page's tests: plain long polling, buttons, edits, pictures. */
import type { Sandbox, SandboxBot } from '../../sandbox/start-sandbox.ts'
import { BotClient, type Json } from './bot-client.ts'

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const menu = {
  inline_keyboard: [
    [{ text: 'Tea', callback_data: 'tea' }],
    [{ text: 'Warn me', callback_data: 'alert' }],
    [{ text: 'Invite', url: 'https://t.me/second_bot?start=from_first' }],
  ],
}

export class TinyBot {
  readonly client: BotClient
  readonly #stopped = new AbortController()

  constructor(sandbox: Sandbox, bot: SandboxBot) {
    this.client = new BotClient(sandbox, bot)
  }

  async start(): Promise<void> {
    const commands = [
      { command: 'start', description: 'Begin anew' },
      { command: 'photo', description: 'A picture' },
    ]
    await this.client.call('setMyCommands', { commands })
    void this.#poll()
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #poll(): Promise<void> {
    let offset = 0
    while (!this.#stopped.signal.aborted) {
      const values = { offset, timeout: 30 }
      const updates = await this.client.updates(values, { signal: this.#stopped.signal }).catch(() => [])
      for (const update of updates) {
        offset = (update['update_id'] as unknown as number) + 1
        await this.#answer(update)
      }
    }
  }

  async #answer(update: Json): Promise<void> {
    const { message, callback_query: query } = update
    if (query !== undefined) return this.#answerPress(query)
    if (message === undefined) return
    const chat_id = message['chat']?.['id'] as unknown as number
    const text = (message['text'] as unknown as string | undefined) ?? ''
    if (text.startsWith('/start')) {
      const greeting = `<b>Welcome</b> ${text.slice(6).trim()}`
      await this.client.call('sendMessage', { chat_id, text: greeting, parse_mode: 'HTML', reply_markup: menu })
    } else if (text === '/photo') {
      const form = new FormData()
      form.set('chat_id', String(chat_id))
      form.set('caption', 'A dot')
      form.set('photo', new Blob([picture]), 'dot.png')
      await this.client.call('sendPhoto', form)
    } else if (text === '/keyboard') {
      const reply_markup = { keyboard: [[{ text: 'Shout' }]] }
      await this.client.call('sendMessage', { chat_id, text: 'A keyboard', reply_markup })
    } else await this.client.call('sendMessage', { chat_id, text: `You said: ${text}` })
  }

  async #answerPress(query: Json): Promise<void> {
    const callback_query_id = query['id']
    if ((query['data'] as unknown as string) === 'alert') {
      await this.client.call('answerCallbackQuery', { callback_query_id, text: 'Careful!', show_alert: true })
      return
    }
    const chat_id = query['message']?.['chat']?.['id']
    const message_id = query['message']?.['message_id']
    await this.client.call('editMessageText', { chat_id, message_id, text: 'Tea it is' })
    await this.client.call('answerCallbackQuery', { callback_query_id, text: 'Noted' })
  }
}
