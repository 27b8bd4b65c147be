import { type Language, languages } from '../../domain/worker-contract.ts'
import en from './texts/en.json' with { type: 'json' }
import fa from './texts/fa.json' with { type: 'json' }
import ru from './texts/ru.json' with { type: 'json' }
import zh from './texts/zh.json' with { type: 'json' }

export type TextKey = keyof typeof en

/** The catalogues; English says which keys there are. */
export const catalogues: Record<Language, Record<TextKey, string>> = { en, zh, fa, ru }

/** Names of the languages, each in its own. */
export const languageNames: Record<Language, string> = { en: 'English', zh: '中文', fa: 'فارسی', ru: 'Русский' }

/** A text in a language, its `{placeholders}` filled with escaped values. */
export function text(language: Language, key: TextKey, values: Readonly<Record<string, string>> = {}): string {
  return catalogues[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : escapeHtml(value)
  })
}

/** Escapes what would be read as HTML. */
export function escapeHtml(raw: string): string {
  return raw.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

/** The language of a channel's hint, such as `fa-IR`; English where we do not speak it. */
export function languageOfHint(hint: string | null): Language {
  const primary = hint?.toLowerCase().split(/[-_]/)[0]
  return languages.find((language) => language === primary) ?? 'en'
}
