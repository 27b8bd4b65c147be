/**
 * Telegram's HTML as the real server reads it, refusing what that refuses, in its words and with its byte offsets
 * (facts: tdlib's parse_html and its tests). Gives the text without tags and the entities the Bot API reports.
 */
import { refusals } from './telegram-error.ts'

export interface TextEntity {
  readonly type: string
  /** In UTF-16 units, as the Bot API counts. */
  readonly offset: number
  readonly length: number
  readonly url?: string
  readonly language?: string
  readonly custom_emoji_id?: string
}

const entityTypes: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  a: 'text_link',
  code: 'code',
  pre: 'pre',
  span: 'spoiler',
  'tg-spoiler': 'spoiler',
  'tg-emoji': 'custom_emoji',
  blockquote: 'blockquote',
}

const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

interface OpenTag {
  readonly name: string
  readonly argument: string
  readonly start: number
}

/** @returns the plain text with its entities; throws the real server's 400 for anything it would not parse. */
export function parseHtml(html: string): { text: string; entities: TextEntity[] } {
  return new HtmlReader(html).read()
}

class HtmlReader {
  readonly #html: string
  #at = 0
  #text = ''
  readonly #open: OpenTag[] = []
  readonly #entities: TextEntity[] = []

  constructor(html: string) {
    this.#html = html
  }

  read(): { text: string; entities: TextEntity[] } {
    while (this.#at < this.#html.length) {
      const char = this.#html[this.#at]
      if (char === '&') this.#text += this.#readReference()
      else if (char !== '<') {
        this.#text += char
        this.#at += 1
      } else if (this.#html[this.#at + 1] === '/') this.#readEnd()
      else this.#readStart()
    }
    const unclosed = this.#open.at(-1)
    if (unclosed !== undefined) throw refuse(`Can't find end tag corresponding to start tag "${unclosed.name}"`)
    this.#entities.sort((one, other) => one.offset - other.offset || other.length - one.length)
    return { text: this.#text, entities: this.#entities.map(withoutLanguageOfCode) }
  }

  #readStart(): void {
    const begin = this.#at
    this.#at += 1
    const name = this.#take(/[^\s>]*/y).toLowerCase()
    if (this.#ended()) throw this.#refuseAt('Unclosed start tag', begin)
    if (!Object.hasOwn(entityTypes, name)) throw this.#refuseAt(`Unsupported start tag "${name}"`, begin)
    let argument = ''
    while (true) {
      this.#take(/\s*/y)
      if (this.#html[this.#at] === '>') break
      if (this.#ended()) throw this.#refuseAt(`Unclosed start tag "${name}"`, begin)
      const [attribute, value] = this.#readAttribute(name, begin)
      argument = argumentOf(name, attribute, value) ?? argument
    }
    this.#at += 1
    if (name === 'span' && argument !== 'spoiler') {
      throw this.#refuseAt('Tag "span" must have class "tg-spoiler"', begin)
    }
    this.#open.push({ name, argument, start: this.#text.length })
  }

  #readAttribute(tag: string, begin: number): [string, string] {
    const attribute = this.#take(/[^\s=>]*/y).toLowerCase()
    if (attribute === '') throw this.#refuseAt(`Empty attribute name in the tag "${tag}"`, begin)
    this.#take(/\s*/y)
    if (this.#html[this.#at] !== '=') {
      if (tag === 'blockquote' && attribute === 'expandable' && !this.#ended()) return [attribute, '']
      throw this.#refuseAt(`Expected equal sign in declaration of an attribute of the tag "${tag}"`, begin)
    }
    this.#at += 1
    this.#take(/\s*/y)
    if (this.#ended()) throw this.#refuseAt(`Unclosed start tag "${tag}"`, begin)
    const quote = this.#html[this.#at]
    if (quote !== '"' && quote !== "'") {
      const valueAt = this.#at
      const value = this.#take(/[A-Za-z0-9.-]*/y).toLowerCase()
      if (this.#ended()) throw this.#refuseAt('Unclosed start tag', begin)
      if (!/[\s>]/.test(this.#html[this.#at] ?? '')) throw this.#refuseAt('Unexpected end of name token', valueAt)
      return [attribute, value]
    }
    this.#at += 1
    let value = ''
    while (!this.#ended() && this.#html[this.#at] !== quote) {
      if (this.#html[this.#at] === '&') value += this.#readReference()
      else {
        value += this.#html[this.#at]
        this.#at += 1
      }
    }
    this.#at += 1
    if (this.#ended()) throw this.#refuseAt('Unclosed start tag', begin)
    return [attribute, value]
  }

  #readEnd(): void {
    const begin = this.#at
    const open = this.#open.pop()
    if (open === undefined) throw this.#refuseAt('Unexpected end tag', begin)
    this.#at += 2
    const name = this.#take(/[^\s>]*/y).toLowerCase()
    this.#take(/\s*/y)
    if (this.#html[this.#at] !== '>') throw this.#refuseAt('Unclosed end tag', begin)
    this.#at += 1
    if (name !== '' && name !== open.name) {
      throw this.#refuseAt('Unmatched end tag', begin, `, expected "</${open.name}>", found "</${name}>"`)
    }
    const length = this.#text.length - open.start
    if (length > 0) this.#addEntity(open, length)
  }

  #addEntity({ name, argument, start: offset }: OpenTag, length: number): void {
    const type = entityTypes[name] ?? name
    const linked = this.#text.slice(offset)
    if (name === 'a') {
      const url = linkOf(argument === '' ? linked : argument)
      if (url !== undefined) this.#entities.push({ type, offset, length, url })
    } else if (name === 'code' || name === 'pre') this.#addCode({ type, offset, length }, argument)
    else if (name === 'blockquote' && argument !== '') {
      this.#entities.push({ type: 'expandable_blockquote', offset, length })
    } else if (name === 'tg-emoji') {
      if (!/^\d+$/.test(argument)) throw refuse('Invalid custom emoji identifier specified')
      this.#entities.push({ type, offset, length, custom_emoji_id: argument })
    } else this.#entities.push({ type, offset, length })
  }

  /** `<pre><code class="language-x">` is one entity with a language, whichever of the two is outside. */
  #addCode(entity: TextEntity, language: string): void {
    const inner = this.#entities.at(-1)
    const sameRange =
      inner !== undefined &&
      inner.offset === entity.offset &&
      inner.length === entity.length &&
      inner.type !== entity.type
    const language_ = sameRange && (inner.type === 'code' || inner.type === 'pre') ? (inner.language ?? language) : ''
    if (language_ !== '') {
      this.#entities.pop()
      this.#entities.push({ type: 'pre', offset: entity.offset, length: entity.length, language: language_ })
    } else this.#entities.push(language === '' ? entity : { ...entity, language })
  }

  /** A character reference, or the ampersand itself when it is none that the real server knows. */
  #readReference(): string {
    const match = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot));?/iy
    match.lastIndex = this.#at
    const found = match.exec(this.#html)
    const [whole, decimal, hex, name] = found ?? []
    const point = decimal === undefined ? Number.parseInt(hex ?? '0', 16) : Number(decimal)
    if (point >= 0xd800 && point <= 0xdfff) {
      throw refuse(
        'Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units',
      )
    }
    const char = name === undefined ? characterOf(point) : named[name]
    if (whole === undefined || char === undefined) {
      this.#at += 1
      return '&'
    }
    this.#at += whole.length
    return char
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const taken = pattern.exec(this.#html)?.[0] ?? ''
    this.#at += taken.length
    return taken
  }

  #ended(): boolean {
    return this.#at >= this.#html.length
  }

  #refuseAt(what: string, index: number, more = ''): Error {
    return refuse(`${what} at byte offset ${Buffer.byteLength(this.#html.slice(0, index))}${more}`)
  }
}

/** Only a `pre` keeps a language. */
function withoutLanguageOfCode(entity: TextEntity): TextEntity {
  const { type, offset, length } = entity
  return type === 'code' ? { type, offset, length } : entity
}

function characterOf(point: number): string | undefined {
  return point > 0 && point <= 0x10_ff_ff ? String.fromCodePoint(point) : undefined
}

function argumentOf(tag: string, attribute: string, value: string): string | undefined {
  if (tag === 'a' && attribute === 'href') return value
  if (tag === 'code' && attribute === 'class' && value.startsWith('language-')) return value.slice('language-'.length)
  if (tag === 'span' && attribute === 'class' && value.startsWith('tg-')) return value.slice('tg-'.length)
  if (tag === 'tg-emoji' && attribute === 'emoji-id') return value
  if (tag === 'blockquote' && attribute === 'expandable') return 'expandable'
  return undefined
}

/** A link the real server would keep: a bare host becomes http; anything that is no link is dropped, not refused. */
function linkOf(target: string): string | undefined {
  const trimmed = target.trim()
  if (/^(https?|tg|ton|mailto):/i.test(trimmed)) return URL.canParse(trimmed) ? new URL(trimmed).href : undefined
  const bare = `http://${trimmed}`
  return /^[^\s/:]+\.[^\s/:]{2,}/.test(trimmed) && URL.canParse(bare) ? new URL(bare).href : undefined
}

function refuse(why: string): Error {
  return refusals.badRequest(`can't parse entities: ${why}`)
}
