/** WhatsApp's marks as a phone shows them: *bold*, _italic_, ~struck~, `code`, ```mono``` and lines that begin with "> ". */
import type { TextEntity } from './parse-html.ts'

const types: Readonly<Record<string, string>> = { '*': 'bold', _: 'italic', '~': 'strikethrough' }

/** Code; a quotation; a pair of marks around words, on one line and not within a word. */
const marked =
  /```([\s\S]+?)```|`([^`\n]+)`|(?<=^|\n)(> [^\n]*(?:\n> [^\n]*)*)|(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]*?\S)\4(?![\p{L}\p{N}])/gu

/** The text without its marks, and what they mean. */
export function readWhatsAppText(source: string): { text: string; entities: TextEntity[] } {
  let text = ''
  let at = 0
  const entities: TextEntity[] = []
  for (const match of source.matchAll(marked)) {
    text += source.slice(at, match.index)
    at = match.index + match[0].length
    const [, block, code, quote, mark = '', words = ''] = match
    const type = (block ?? code) !== undefined ? 'code' : quote !== undefined ? 'blockquote' : (types[mark] ?? '')
    const plain = block ?? code
    const inner =
      plain === undefined ? readWhatsAppText(quote?.replace(/^> /gm, '') ?? words) : { text: plain, entities: [] }
    entities.push({ type, offset: text.length, length: inner.text.length })
    for (const each of inner.entities) entities.push({ ...each, offset: each.offset + text.length })
    text += inner.text
  }
  return { text: text + source.slice(at), entities }
}
