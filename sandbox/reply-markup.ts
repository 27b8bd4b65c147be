/** `reply_markup`: refused where the real server refuses it. */
import { jsonOf, type Values } from './call.ts'
import { refusals } from './telegram-error.ts'

const callbackBytesMax = 64
const buttonsMax = 100
/** What an inline button may do; it must do exactly one of these. */
const inlineActions = [
  'url',
  'callback_data',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'copy_text',
  'pay',
]

type Button = Record<string, unknown>

/** @returns the markup as it was given; undefined when there is none. */
export function readReplyMarkup(values: Values): unknown {
  const given = jsonOf(values, 'reply_markup', "can't parse reply keyboard markup JSON object")
  if (given === undefined || given === null) return undefined
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw refusals.badRequest('object expected as reply markup')
  }
  const { inline_keyboard: inline, keyboard } = given as Record<string, unknown>
  if (inline !== undefined) {
    for (const button of buttonsOf(inline, 'InlineKeyboardButton')) checkInlineButton(button)
  }
  if (keyboard !== undefined) {
    for (const button of buttonsOf(keyboard, 'KeyboardButton')) {
      if (typeof button['text'] !== 'string') throw cannotParse('keyboard button', 'Can\'t find field "text"')
    }
  }
  return given
}

function buttonsOf(rows: unknown, kind: string): Button[] {
  if (!Array.isArray(rows)) throw refusals.badRequest(`field "${keyboardField(kind)}" must be of type Array`)
  const buttons = rows.flatMap((row: unknown) => {
    if (!Array.isArray(row)) throw refusals.badRequest(`field "${keyboardField(kind)}" must be an Array of Arrays`)
    return (row as unknown[]).map((button) => {
      if (typeof button === 'string' && kind === 'KeyboardButton') return { text: button }
      if (typeof button !== 'object' || button === null) throw refusals.badRequest(`${kind} must be an Object`)
      return button as Button
    })
  })
  if (buttons.length > buttonsMax) throw refusals.badRequest('reply markup is too long')
  return buttons
}

function checkInlineButton(button: Button): void {
  if (typeof button['text'] !== 'string') throw cannotParse('inline keyboard button', 'Can\'t find field "text"')
  if (!inlineActions.some((action) => button[action] !== undefined)) {
    throw cannotParse('inline keyboard button', 'Text buttons are unallowed in the inline keyboard')
  }
  const { callback_data: data, url } = button
  if (data !== undefined) {
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : 0
    if (bytes === 0 || bytes > callbackBytesMax) throw refusals.badRequest('BUTTON_DATA_INVALID')
  }
  if (url === undefined) return
  if (typeof url !== 'string') throw cannotParse('inline keyboard button', 'Field "url" must be of type String')
  if (!/^(https?|tg|ton):\/\/./i.test(url) || !URL.canParse(url)) {
    throw refusals.badRequest(`inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`)
  }
}

function keyboardField(kind: string): string {
  return kind === 'InlineKeyboardButton' ? 'inline_keyboard' : 'keyboard'
}

function cannotParse(what: string, why: string): Error {
  return refusals.badRequest(`can't parse ${what}: ${why}`)
}
