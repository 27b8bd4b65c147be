/** The panel's languages; the server tells right to left ones by the same table (panel/api/web-pages.ts). */
export const languages = {
  en: { name: 'English', locale: 'en-GB', direction: 'ltr' },
  zh: { name: '中文', locale: 'zh-CN', direction: 'ltr' },
  fa: { name: 'فارسی', locale: 'fa-IR', direction: 'rtl' },
  ru: { name: 'Русский', locale: 'ru-RU', direction: 'ltr' },
} as const
export type Language = keyof typeof languages

/** The language that the server has written on the page. */
export function pageLanguage(): Language {
  const { lang } = document.documentElement
  return Object.hasOwn(languages, lang) ? (lang as Language) : 'en'
}

/** Writes the language on the page, and into the cookie by which the server knows it the next time. */
export function keepLanguage(language: Language): void {
  document.documentElement.lang = language
  document.documentElement.dir = languages[language].direction
  document.cookie = `lang=${language}; Path=/; Max-Age=31536000; SameSite=Lax`
}
