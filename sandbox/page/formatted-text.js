/** A message's text with its entities as elements, built node by node: no text is ever parsed as HTML. */
import { element } from './dom.js'

const tags = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strikethrough: 's',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  expandable_blockquote: 'blockquote',
}

/** @param actions `openLink(url)` returns whether the page itself opened it; `say(text)` sends a command. */
export function formattedText(text, entities, actions) {
  const sorted = entities
    .filter(({ offset, length }) => offset >= 0 && length > 0 && offset + length <= text.length)
    .sort((one, other) => one.offset - other.offset || other.length - one.length)
  return build({ text, actions, isPlain: true }, { start: 0, end: text.length }, sorted)
}

const blocks = new Set(['pre', 'blockquote', 'expandable_blockquote'])

function build(context, { start, end }, entities) {
  const fragment = document.createDocumentFragment()
  let at = start
  for (const [index, entity] of entities.entries()) {
    if (entity.offset < at || entity.offset >= end) continue
    const before = context.text.slice(at, entity.offset)
    // A block begins and ends a line by itself.
    const isBlock = blocks.has(entity.type)
    fragment.append(...plain(context, isBlock && before.endsWith('\n') ? before.slice(0, -1) : before))
    const entityEnd = Math.min(end, entity.offset + entity.length)
    const isPlain = context.isPlain && !['code', 'pre', 'text_link'].includes(entity.type)
    const inner = build({ ...context, isPlain }, { start: entity.offset, end: entityEnd }, entities.slice(index + 1))
    fragment.append(wrap(context, entity, inner))
    const isBreakAlone = context.text[entityEnd] === '\n' && !entities.some(({ offset }) => offset === entityEnd)
    at = isBlock && isBreakAlone && entityEnd < end ? entityEnd + 1 : entityEnd
  }
  fragment.append(...plain(context, context.text.slice(at, end)))
  return fragment
}

function wrap({ actions }, entity, inner) {
  if (entity.type === 'text_link') return link(entity.url ?? '', inner, actions)
  if (entity.type === 'spoiler') return spoiler(inner)
  return element(tags[entity.type] ?? 'span', {}, inner)
}

/** Web addresses and commands that nobody marked are links too, as in the apps. */
function plain({ actions, isPlain }, text) {
  if (!isPlain || text === '') return text === '' ? [] : [text]
  const parts = []
  let at = 0
  for (const match of text.matchAll(
    /https?:\/\/[^\s<>"\u2066-\u2069]+[^\s<>".,;:!?)\u2066-\u2069]|(?<![\w/<>])\/[a-z0-9_]{1,32}\b/gi,
  )) {
    parts.push(text.slice(at, match.index))
    parts.push(match[0].startsWith('/') ? command(match[0], actions) : link(match[0], match[0], actions))
    at = match.index + match[0].length
  }
  return [...parts, text.slice(at)].filter((part) => part !== '')
}

function command(text, actions) {
  return element('button', { type: 'button', class: 'command', dir: 'ltr', onclick: () => actions.say(text) }, text)
}

/** Only web, mail and Telegram links; anything else stays text. */
function link(url, content, actions) {
  if (!/^(https?|tg|mailto):/i.test(url)) return element('span', {}, content)
  const onclick = (event) => {
    if (actions.openLink(url)) event.preventDefault()
  }
  return element('a', { href: url, target: '_blank', rel: 'noopener noreferrer', title: url, onclick }, content)
}

function spoiler(inner) {
  const hidden = element('span', { class: 'spoiler', role: 'button', tabindex: '0', 'aria-label': 'Hidden text' })
  hidden.append(inner)
  const reveal = () => {
    hidden.classList.add('shown')
    for (const name of ['role', 'tabindex', 'aria-label']) hidden.removeAttribute(name)
  }
  hidden.addEventListener('click', reveal)
  hidden.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') reveal()
  })
  return hidden
}
