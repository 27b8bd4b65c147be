/** One message: bubble, media, time, and the buttons below it. */
import { element } from './dom.js'
import { formattedText } from './formatted-text.js'

/** @param actions as for `formattedText`, and `press(messageId, button)`. */
export function renderMessage(message, actions) {
  const { message_id: id, from, text, entities, media, edited, state, reply_markup: markup } = message
  const date = new Date(message.date * 1000)
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  const when = element('time', { datetime: date.toISOString(), title: date.toLocaleString() }, time)
  return element(
    'article',
    { class: `message ${from}`, 'data-id': id, 'aria-label': from === 'bot' ? 'Bot' : 'You' },
    element(
      'div',
      { class: 'bubble' },
      media === undefined ? undefined : renderMedia(media),
      text === '' ? undefined : element('div', { class: 'text', dir: 'auto' }, formattedText(text, entities, actions)),
      element(
        'div',
        { class: 'foot' },
        ...(edited ? ['edited '] : []),
        when,
        from === 'person' ? ticks(state) : undefined,
      ),
    ),
    ...(markup?.inline_keyboard ?? []).map((row, index) => renderRow(row, { id, index, actions })),
  )
}

/** One tick: sent; two: delivered; two in another colour: read. Undefined where a channel has none. */
function ticks(state) {
  if (state === undefined) return undefined
  const count = state === 'sent' ? 1 : 2
  const each = Array.from({ length: count }, () => element('i', {}))
  return element('span', { class: `ticks ${state}`, role: 'img', title: state, 'aria-label': state }, ...each)
}

function renderRow(row, { id, index, actions }) {
  const buttons = row.map((button, column) =>
    element(
      'button',
      {
        type: 'button',
        dir: 'auto',
        'data-key': `${id}:${index}:${column}`,
        class: button.url === undefined ? undefined : 'outward',
        onclick: (event) => actions.press(id, button, event.currentTarget),
      },
      button.text,
    ),
  )
  return element('div', { class: 'keys' }, ...buttons)
}

function renderMedia({ kind, name, size, url }) {
  if (kind === 'photo') {
    return element('a', { href: url, target: '_blank' }, element('img', { src: url, alt: name, class: 'photo' }))
  }
  return element(
    'a',
    { href: url, download: name, class: 'file' },
    element('span', { class: 'file-icon', 'aria-hidden': 'true' }, '↓'),
    element('span', { class: 'row-text' }, element('bdi', {}, name), element('small', {}, sizeText(size))),
  )
}

function sizeText(bytes) {
  const unit = bytes < 1024 ? 'byte' : bytes < 1024 * 1024 ? 'kilobyte' : 'megabyte'
  const value = bytes / { byte: 1, kilobyte: 1024, megabyte: 1024 * 1024 }[unit]
  return new Intl.NumberFormat([], { style: 'unit', unit, maximumFractionDigits: 1 }).format(value)
}
