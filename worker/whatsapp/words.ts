/** Words that people write where Telegram has commands: those of every language are understood in every language. */
import { type Language, languages } from '../../domain/worker-contract.ts'
import { plainDigits } from '../shop/amount.ts'
import type { Intent, Said } from '../shop/screen.ts'
import en from './texts/words.en.json' with { type: 'json' }
import fa from './texts/words.fa.json' with { type: 'json' }
import ru from './texts/words.ru.json' with { type: 'json' }
import zh from './texts/words.zh.json' with { type: 'json' }

/** By command; the first of each list is the one that is shown. */
const words: Readonly<Record<Language, Readonly<Record<keyof typeof en, string>>>> = { en, zh, fa, ru }

const commandOf = new Map(
  languages.flatMap((language) =>
    Object.entries(words[language]).flatMap(([command, list]) =>
      list.split(', ').map((word) => [plainWords(word), command] as const),
    ),
  ),
)

/** Leads out of broadcasts. */
const noNews: Intent = { route: 'news', args: ['off'] }

/** A text without what does not matter: case, marks of direction, blanks at its ends, and in which digits it is. */
export function plainWords(text: string): string {
  return plainDigits(text)
    .replace(/\u20e3|\ufe0f|[\u200b\u200e\u200f\u2066-\u2069]/g, '')
    .trim()
    .replace(/\s+/g, ' ')
    .toLowerCase()
}

/** The number that a text is, by itself; undefined when it is anything else. */
export function numberOf(text: string): string | undefined {
  const digits = /^#?(\d{1,6})[.)]?$/.exec(plainWords(text))?.[1]
  return digits?.replace(/^0+(?=\d)/, '')
}

/** The command that a text is. */
export function commandOfWords(text: string): Said | undefined {
  const plain = plainWords(text)
  const command = commandOf.get(plain)
  if (command === 'stop') return { kind: 'choice', intent: noNews }
  if (command !== undefined) return { kind: 'command', command, words: [] }
  // A code by which somebody becomes the owner of a shop, or a user is linked; its case matters.
  const [, kind, code] = /^(claim|link)[\s-]+([\w-]{1,128})$/i.exec(text.trim()) ?? []
  if (kind === undefined || code === undefined) return undefined
  return { kind: 'command', command: 'start', words: [`${kind.toLowerCase()}-${code}`] }
}

/** Whether a text says that its writer wants no more news: that is heard at any time. */
export function isStop(text: string): boolean {
  return commandOf.get(plainWords(text)) === 'stop'
}

/** The word by which people take a choice in a message that has no numbers; undefined where there is none. */
export function wordFor(language: Language, { route, args }: Intent): string | undefined {
  const isNoNews = route === noNews.route && args.join() === noNews.args.join()
  return isNoNews ? words[language].stop.split(', ')[0] : undefined
}
