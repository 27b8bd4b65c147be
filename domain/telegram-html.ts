/**
 * The HTML that Telegram's Bot API reads, as far as people who set texts need it. Stricter than Telegram where that
 * costs nothing: what passes here is never refused there (seed rows S0-105, S0-106).
 */

/** Tags without attributes; `a` and `blockquote` are read apart. */
const plainTags = new Set(['b', 'strong', 'i', 'em', 'u', 'ins', 's', 'strike', 'del', 'code', 'pre', 'tg-spoiler'])
const startTag = /^<([a-z-]+)((?: +[a-z-]+(?:="[^"<>]*")?)*)>/
const endTag = /^<\/([a-z-]+)>/
/** A character by its number: half a surrogate pair is refused. */
const halfPair = /&#(?:x0*d[89a-f][0-9a-f]{2}|0*(?:55(?:29[6-9]|[3-9]\d\d)|5[67]\d{3}))(?!\d)/i

/** What is wrong with a text as Telegram HTML, in a few words; undefined when nothing is. */
export function checkTelegramHtml(html: string): string | undefined {
  if (halfPair.test(html)) return 'it names a character that does not exist'
  const open: string[] = []
  for (let at = html.indexOf('<'); at !== -1; at = html.indexOf('<', at + 1)) {
    const rest = html.slice(at)
    const end = endTag.exec(rest)
    if (end !== null) {
      if (open.pop() !== end[1]) return `</${end[1]}> closes what is not open`
      continue
    }
    const start = startTag.exec(rest)
    if (start === null) return 'a < stands alone: write &lt;'
    const [whole, name = '', attributes = ''] = start
    if (!isAllowed(name, attributes.trim())) return `${whole.slice(0, 60)} is no tag that Telegram knows`
    open.push(name)
  }
  return open.length === 0 ? undefined : `<${open.at(-1)}> is not closed`
}

/** A text as HTML that shows it letter by letter. */
export function escapeTelegramHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function isAllowed(name: string, attributes: string): boolean {
  if (name === 'blockquote') return attributes === '' || attributes === 'expandable'
  if (name !== 'a') return plainTags.has(name) && attributes === ''
  const address = /^href="([^"]+)"$/.exec(attributes)?.[1]
  return address !== undefined && /^(https?|tg|mailto):/.test(address) && URL.canParse(address)
}
