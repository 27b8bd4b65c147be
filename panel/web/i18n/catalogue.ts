import type { Language } from './languages.ts'

type EnglishKey = keyof Awaited<ReturnType<typeof loadEnglish>>
/** A text's name; of one that has plural forms (`bots#one`, `bots#other`) what stands before the `#`. */
export type TextKey = EnglishKey extends infer K ? (K extends `${infer Name}#${string}` ? Name : K) : never
export type Catalogue = Readonly<Record<string, string>>

const loadEnglish = async () => (await import('./en.json', { with: { type: 'json' } })).default

export async function loadCatalogue(language: Language): Promise<Catalogue> {
  switch (language) {
    case 'en':
      return loadEnglish()
    case 'zh':
      return (await import('./zh.json', { with: { type: 'json' } })).default
    case 'fa':
      return (await import('./fa.json', { with: { type: 'json' } })).default
    case 'ru':
      return (await import('./ru.json', { with: { type: 'json' } })).default
    default:
      return language satisfies never
  }
}
