/** How many terminal columns a text takes, and texts made fit for a terminal. */
import { stripVTControlCharacters } from 'node:util'

/** Ranges of code points that take two columns (Unicode's East Asian Wide and Fullwidth, and emoji). */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x3fffd],
]

const zeroWidth = /^[\p{Mark}\p{Cf}\u1160-\u11ff]$/u
const emoji = /\p{Emoji_Presentation}|\ufe0f/u
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The columns that a text takes: 2 for East Asian wide characters and emoji, 0 for combining marks. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** Cuts a text to at most `width` columns; what was cut shows as `…`. */
export function truncateText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  if (width <= 0) return ''
  let kept = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const next = used + graphemeWidth(segment)
    if (next > width - 1) break
    kept += segment
    used = next
  }
  return `${kept}…`
}

/**
 * Breaks a text between words into lines of at most `width` columns; a longer word gets a line of its own. Styles take no
 * room.
 */
export function wrapText(text: string, width: number): string[] {
  if (width === Number.POSITIVE_INFINITY) return [text]
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    for (const word of paragraph.split(' ')) {
      const line = lines.at(-1)
      const longer = line === undefined ? word : `${line} ${word}`
      if (line === undefined || textWidth(stripVTControlCharacters(longer)) > width) lines.push(word)
      else lines[lines.length - 1] = longer
    }
    return lines
  })
}

/** Fills a text with spaces to `width` columns. */
export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const missing = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'left' ? text + missing : missing + text
}

/**
 * A text from elsewhere (a bot's name, an error) as one safe line: control characters, line ends and bidirectional
 * overrides are shown as escapes, so that no name can colour the terminal or reorder a line.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, (character) => {
    const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
    return named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function graphemeWidth(grapheme: string): number {
  if (emoji.test(grapheme)) return 2
  const first = grapheme.codePointAt(0) ?? 0
  if (zeroWidth.test(String.fromCodePoint(first))) return 0
  return wideRanges.some(([from, to]) => first >= from && first <= to) ? 2 : 1
}
