import { refusals } from './telegram-error.ts'

const allowedTags = new Set([
  'b',
  'strong',
  'i',
  'em',
  'u',
  'ins',
  's',
  'strike',
  'del',
  'a',
  'code',
  'pre',
  'span',
  'tg-spoiler',
  'blockquote',
])

/** Refuses HTML that the real server would not parse, in its words. @returns the text without its tags. */
export function checkHtml(html: string): string {
  const open: string[] = []
  const pattern = /<(\/?)([a-z-]+)?([^<>]*)>?/gi
  for (const match of html.matchAll(pattern)) {
    const [whole, closing, name = ''] = match
    const offset = Buffer.byteLength(html.slice(0, match.index))
    const tag = name.toLowerCase()
    if (!whole.endsWith('>')) throw cannotParse(`Unclosed start tag at byte offset ${offset}`)
    if (!allowedTags.has(tag)) throw cannotParse(`Unsupported start tag "${tag}" at byte offset ${offset}`)
    if (closing !== '/') open.push(tag)
    else if (open.pop() !== tag) throw cannotParse(`Unmatched end tag at byte offset ${offset}`)
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) throw cannotParse(`Can't find end tag corresponding to start tag "${unclosed}"`)
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
}

function cannotParse(why: string): Error {
  return refusals.badRequest(`can't parse entities: ${why}`)
}
