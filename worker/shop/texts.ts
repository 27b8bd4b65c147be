/**
 * Texts come from catalogues, `texts/<room>.<language>.json`, never from code. A room makes its own of them:
 * `const say = catalogue({ en, zh, fa, ru })`, and `say(language, key, values)` is a text.
 */
import { escapeTelegramHtml } from '../../domain/telegram-html.ts'
import { type Language, languages } from '../../domain/worker-contract.ts'

/** Texts of a room by language; English says which keys there are. */
export type Catalogue<Key extends string> = (
  language: Language,
  key: Key,
  values?: Readonly<Record<string, string | number>>,
) => string

/** A room's texts; placeholders `{name}` are filled with escaped values. */
export function catalogue<Key extends string>(texts: Record<Language, Record<Key, string>>): Catalogue<Key> {
  return (language, key, values = {}) => filled(language, texts[language][key], values)
}

/** Names of the languages, each in its own. */
export const languageNames: Record<Language, string> = { en: 'English', zh: '中文', fa: 'فارسی', ru: 'Русский' }

/** Languages that are written from right to left. */
const rightToLeft: ReadonlySet<Language> = new Set(['fa'])
const rightToLeftMark = '\u200f'
const [firstStrongIsolate, popIsolate] = ['\u2068', '\u2069']
/** What would be torn apart between letters from right to left: amounts, samples, commands, @names, negative numbers. */
const latinWords = /\{\w+\} \{currency\}|<code>[^{<]*<\/code>|(?<![\w<:/.])[/@][a-z]\w*|(?<!\w)-\d+/gi
const beginsRightToLeft = /^(?:<[^>]*>)*[\u0590-\u08ff]/

/**
 * Fills a text. In one that runs from right to left each value is isolated, so that numbers and Latin words do not turn
 * what stands around them about, as are Latin words with signs of the text's own, and a line that begins with something else says its direction. The marks stay outside of
 * `<code>`, which people copy.
 */
function filled(language: Language, text: string, values: Readonly<Record<string, string | number>>): string {
  const isolates = rightToLeft.has(language)
  const own = isolates ? text.replace(latinWords, isolated) : text
  const whole = own.replace(/(<code>)?\{(\w+)\}(<\/code>)?/g, (found, before = '', name: string, after = '') => {
    const value = values[name]
    if (value === undefined) return found
    const shown = `${before as string}${escapeTelegramHtml(String(value))}${after as string}`
    return isolates ? isolated(shown) : shown
  })
  return isolates ? whole.split('\n').map(directed).join('\n') : whole
}

function isolated(shown: string): string {
  return `${firstStrongIsolate}${shown}${popIsolate}`
}

function directed(line: string): string {
  return line === '' || beginsRightToLeft.test(line) ? line : `${rightToLeftMark}${line}`
}

/** Whether a word is one of the languages that we speak. */
export function asLanguage(word: string | undefined): Language | undefined {
  return languages.find((language) => language === word)
}
