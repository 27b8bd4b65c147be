/**
 * HTML of the small kind as WhatsApp writes it: *bold*, _italic_, ~struck~, ```mono``` and plain addresses.
 *
 * WhatsApp has no way to escape its marks, and takes two of a kind around words for markup. What somebody else wrote must
 * stay as it is, so the first of such a pair gets a hair space behind it: no mark opens before a space. A mark of ours stands
 * only where WhatsApp would read it: not within a word, around no blanks, on one line, and around nothing that has that mark
 * in it. Code is never touched, since people copy it.
 */

type Mark = '*' | '_' | '~'

/** Thinner than anything that is seen, and a space to everybody. */
const hairSpace = '\u200a'
const looksLikeBacktick = '\u02cb'

const marks: Readonly<Record<string, Mark>> = {
  b: '*',
  strong: '*',
  i: '_',
  em: '_',
  s: '~',
  strike: '~',
  del: '~',
}
const otherTags = new Set(['u', 'ins', 'tg-spoiler', 'code', 'pre', 'a', 'blockquote'])

type Node = string | Element
interface Element {
  readonly tag: string
  readonly href: string | undefined
  readonly children: Node[]
}

/** @returns what WhatsApp shows as that HTML; of tags that are none, their letters. */
export function whatsAppText(html: string): string {
  return joined(parsed(html).children)
}

/** Words of somebody else, which no client takes for markup. */
export function literally(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const separated = (['*', '_', '~'] as const).reduce(apart, line)
      return /`[^`]+`/.test(separated) ? separated.replaceAll('`', looksLikeBacktick) : separated
    })
    .join('\n')
}

function apart(line: string, mark: Mark): string {
  const opens = new RegExp(`(?<![\\p{L}\\p{N}])[${mark}](?=\\S.*[${mark}])`, 'gu')
  return line.replace(opens, `${mark}${hairSpace}`)
}

/** A tag that nobody closes ends where what it stands in does. */
function parsed(html: string): Element {
  const root: Element = { tag: '', href: undefined, children: [] }
  const open = [root]
  const pieces = /<(\/?)([a-z-]+)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>|[^<]+|</gi
  for (const [piece, slash, name = '', attributes = ''] of html.matchAll(pieces)) {
    const tag = name.toLowerCase()
    const inner = open.at(-1) ?? root
    if (tag === '' || !(tag in marks || otherTags.has(tag))) inner.children.push(unescaped(piece))
    else if (slash === '/') {
      const from = open.findLastIndex((each) => each.tag === tag)
      if (from > 0) open.length = from
    } else {
      const element: Element = { tag, href: /href="([^"]+)"/i.exec(attributes)?.[1], children: [] }
      inner.children.push(element)
      open.push(element)
    }
  }
  return root
}

/** Children in order; a mark is left out where a letter stands beside it. */
function joined(children: readonly Node[]): string {
  let text = ''
  children.forEach((child, at) => {
    if (typeof child === 'string') {
      text += literally(child)
      return
    }
    const next = children[at + 1]
    const after = next === undefined ? '' : typeof next === 'string' ? next : plain(next)
    const isApart = !/[\p{L}\p{N}]$/u.test(text) && !/^[\p{L}\p{N}]/u.test(after)
    text += shown(child, isApart)
  })
  return text
}

function shown(element: Element, isApart: boolean): string {
  const { tag, href, children } = element
  const mark = marks[tag]
  if (mark !== undefined) return isApart ? marked(joined(children), mark) : joined(children)
  if (tag === 'code' || tag === 'pre') return mono(plain(element))
  if (tag === 'a' && href !== undefined) return linked(plain(element), unescaped(href))
  if (tag === 'blockquote') return joined(children).replace(/^/gm, '> ')
  return joined(children)
}

/** Each line for itself; blanks at its ends stay outside. */
function marked(text: string, mark: Mark): string {
  return text
    .split('\n')
    .map((line) => {
      const [, before = '', words = '', after = ''] = /^(\s*)(.*?)(\s*)$/u.exec(line) ?? []
      return words === '' || words.includes(mark) ? line : `${before}${mark}${words}${mark}${after}`
    })
    .join('\n')
}

function mono(text: string): string {
  return text.includes('```') || text.trim() === '' ? text : `\`\`\`${text}\`\`\``
}

/** Clients make links of addresses by themselves, and only of those. */
function linked(text: string, url: string): string {
  const bare = (address: string) => address.replace(/^https?:\/\//, '').replace(/\/$/, '')
  return bare(text) === bare(url) ? url : `${literally(text)} (${url})`
}

function plain(node: Node): string {
  return typeof node === 'string' ? node : node.children.map(plain).join('')
}

const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' }

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot));/gi, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return names[name.toLowerCase()] ?? whole
    const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16)
    return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : whole
  })
}
