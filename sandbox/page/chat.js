/** The right side: one chat. Messages are kept by id, so that only what is new or changed is drawn, and read aloud. */
import { byId, element } from './dom.js'
import { renderMessage } from './message.js'

const typingMs = 5000
const noticeMs = 4000
const nearEndPixels = 80

export class ChatView {
  #actions
  #drawn = new Map()
  #shown = ''
  #typingTimer
  #noticeTimer

  constructor(actions) {
    this.#actions = actions
    byId('menu-button').addEventListener('click', () => this.#toggleMenu())
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || byId('menu').hidden) return
      this.#closeMenu()
      byId('menu-button').focus()
    })
    document.addEventListener('click', (event) => {
      if (!byId('menu').contains(event.target) && event.target !== byId('menu-button')) this.#closeMenu()
    })
  }

  /** Draws what is new. @param start the payload of a deep link that was opened and not used yet. */
  show({ bot, person, chat, start }) {
    const shown = `${bot?.id}:${person?.id}`
    const changedChat = shown !== this.#shown
    if (changedChat) {
      this.#shown = shown
      this.#drawn.clear()
      byId('messages').replaceChildren()
      this.#endTyping()
      this.#closeMenu()
    }
    const begun = chat?.begun === true
    const blocked = chat?.blocked === true
    this.showHeader({ bot, person, chat })
    byId('empty').replaceChildren(...this.#emptyState({ bot, person, chat }))
    byId('start-again').hidden = bot === undefined || !begun || start === undefined
    byId('composer').hidden = bot === undefined || blocked
    byId('attach').hidden = bot?.channel.attaches !== true
    byId('blocked').hidden = !blocked
    byId('menu-button').hidden = !begun || (chat?.commands.length ?? 0) === 0
    this.#drawCommands(chat?.commands ?? [])
    this.#drawMessages(chat?.messages ?? [], changedChat)
    this.#drawKeyboard(chat?.messages ?? [])
  }

  showHeader({ bot, person, chat }) {
    byId('chat-name').textContent = bot?.name ?? ''
    byId('chat-state').textContent = bot?.status ?? ''
    byId('chat-state').classList.toggle('on', bot?.online === true)
    byId('chat-person').textContent = bot === undefined || person === undefined ? '' : `you are ${person.first_name}`
    byId('block').textContent = chat?.blocked === true ? 'Unblock' : 'Block'
    byId('block').hidden = bot === undefined || chat?.begun !== true || !bot.channel.blocks
    byId('phone-button').hidden = bot?.channel.hasPhone !== true
  }

  /** The bot says that it is at work; ends with its next message. */
  showTyping() {
    byId('typing').hidden = false
    clearTimeout(this.#typingTimer)
    this.#typingTimer = setTimeout(() => this.#endTyping(), typingMs)
    this.#keepAtEnd(() => {})
  }

  /** What answerCallbackQuery says: briefly, or until it is dismissed. */
  showNotice({ text, alert }) {
    if (text === '') return
    if (alert) {
      byId('alert-text').textContent = text
      byId('alert').showModal()
      return
    }
    byId('notice').textContent = text
    clearTimeout(this.#noticeTimer)
    this.#noticeTimer = setTimeout(() => byId('notice').replaceChildren(), noticeMs)
  }

  scrollToEnd() {
    byId('chat').scrollTop = byId('chat').scrollHeight
  }

  #emptyState({ bot, person, chat }) {
    if (bot === undefined) return [element('p', {}, 'Choose a bot to talk to.')]
    if (chat === undefined || chat.begun) return []
    return [
      element('p', { class: 'empty-title' }, element('bdi', {}, bot.name)),
      element(
        'p',
        {},
        bot.online
          ? `Nothing has been said here yet, ${person?.first_name ?? ''}.`
          : 'This bot is offline: nothing fetches its messages. What you send waits for it.',
      ),
      element('button', { type: 'button', class: 'primary', onclick: () => this.#actions.start() }, bot.channel.begin),
    ]
  }

  #drawMessages(messages, changedChat) {
    this.#keepAtEnd(
      () => {
        const log = byId('messages')
        const ids = new Set(messages.map(({ message_id: id }) => id))
        for (const [id, { node }] of this.#drawn) {
          if (ids.has(id)) continue
          node.remove()
          this.#drawn.delete(id)
        }
        for (const message of messages) {
          const version = JSON.stringify(message)
          const old = this.#drawn.get(message.message_id)
          if (old?.version === version) continue
          const node = renderMessage(message, this.#actions)
          if (old === undefined) log.append(node)
          else replaceKeepingFocus(old.node, node)
          this.#drawn.set(message.message_id, { node, version })
          if (message.from === 'bot' && !changedChat) this.#endTyping()
          // A picture grows when it arrives.
          node.querySelector('img')?.addEventListener('load', () => this.#keepAtEnd(() => {}, node.offsetHeight))
        }
      },
      changedChat ? Number.POSITIVE_INFINITY : 0,
    )
  }

  /** Stays at the end when it was there. @param slack further pixels that still count as the end. */
  #keepAtEnd(draw, slack = 0) {
    const chat = byId('chat')
    const isAtEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < nearEndPixels + slack
    draw()
    if (isAtEnd) this.scrollToEnd()
  }

  /** The keyboard that the newest message with a keyboard, or with its removal, asked for. */
  #drawKeyboard(messages) {
    const markup = messages.findLast(
      ({ from, reply_markup: one }) => from === 'bot' && isChatKeyboard(one),
    )?.reply_markup
    const rows = (markup?.keyboard ?? []).map((row) => {
      const buttons = row.map((button) => {
        const text = typeof button === 'string' ? button : button.text
        return element('button', { type: 'button', dir: 'auto', onclick: () => this.#actions.say(text) }, text)
      })
      return element('div', { class: 'keys' }, ...buttons)
    })
    byId('keyboard').replaceChildren(...rows)
    byId('keyboard').hidden = rows.length === 0 || byId('composer').hidden
  }

  #drawCommands(commands) {
    const items = commands.map(({ command, description }) => {
      const say = () => {
        this.#closeMenu()
        this.#actions.say(`/${command}`)
      }
      const button = element(
        'button',
        { type: 'button', class: 'row', onclick: say },
        element('b', {}, `/${command}`),
        element('span', { class: 'row-text', dir: 'auto' }, description),
      )
      return element('li', {}, button)
    })
    if (byId('menu').hidden) byId('menu-list').replaceChildren(...items)
  }

  #toggleMenu() {
    const isOpen = !byId('menu').hidden
    byId('menu').hidden = isOpen
    byId('menu-button').setAttribute('aria-expanded', String(!isOpen))
    if (!isOpen) byId('menu').querySelector('button')?.focus()
  }

  #closeMenu() {
    byId('menu').hidden = true
    byId('menu-button').setAttribute('aria-expanded', 'false')
  }

  #endTyping() {
    clearTimeout(this.#typingTimer)
    byId('typing').hidden = true
  }
}

function isChatKeyboard(markup) {
  return markup?.keyboard !== undefined || markup?.remove_keyboard === true
}

function replaceKeepingFocus(old, node) {
  const key = old.contains(document.activeElement) ? document.activeElement.dataset.key : undefined
  old.replaceWith(node)
  if (key !== undefined) node.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true })
}
