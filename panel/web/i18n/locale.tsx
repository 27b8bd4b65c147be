/** The words, numbers and dates of the chosen language, for every part of the page. */
import { useDirection } from '@mantine/core'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { type Catalogue, loadCatalogue, type TextKey } from './catalogue.ts'
import { type Format, formatIn } from './format.ts'
import { keepLanguage, type Language, languages } from './languages.ts'

export interface Locale {
  readonly language: Language
  readonly format: Format
  /** A text with its `{names}` filled in; `count` also chooses the plural form. */
  readonly t: (key: TextKey, values?: TextValues) => string
  /** Changes the language, here and for the next visit. */
  readonly choose: (language: Language) => void
}

export type TextValues = Readonly<Record<string, string | number>>

const LocaleContext = createContext<Locale | undefined>(undefined)

export function LocaleProvider(props: {
  readonly language: Language
  readonly catalogue: Catalogue
  readonly children: ReactNode
}) {
  const [current, setCurrent] = useState({ language: props.language, catalogue: props.catalogue })
  const { setDirection } = useDirection()
  const { language, catalogue } = current
  const { direction } = languages[language]
  useEffect(() => setDirection(direction), [direction, setDirection])
  const choose = useCallback((next: Language) => {
    const change = async () => {
      const loaded = await loadCatalogue(next)
      keepLanguage(next)
      setCurrent({ language: next, catalogue: loaded })
    }
    void change()
  }, [])
  const locale = useMemo<Locale>(() => {
    const fill = makeFill(language)
    return { language, format: formatIn(language), choose, t: (key, values) => fill(catalogue, key, values) }
  }, [language, catalogue, choose])
  return <LocaleContext value={locale}>{props.children}</LocaleContext>
}

/** The words, formats and language of the page. */
export function useLocale(): Locale {
  const locale = useContext(LocaleContext)
  if (locale === undefined) throw new Error('there is no LocaleProvider above')
  return locale
}

function makeFill(language: Language) {
  const { locale, direction } = languages[language]
  const plural = new Intl.PluralRules(locale)
  const number = new Intl.NumberFormat(locale)
  const show = (value: string | number) => {
    const text = typeof value === 'number' ? number.format(value) : value
    // Names of the other direction must not turn the sentence around them.
    return direction === 'rtl' ? `\u2068${text}\u2069` : text
  }
  return (catalogue: Catalogue, key: string, values: TextValues = {}): string => {
    const count = values['count']
    const form = typeof count === 'number' ? catalogue[`${key}#${plural.select(count)}`] : undefined
    const text = form ?? catalogue[key] ?? catalogue[`${key}#other`] ?? key
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name]
      return value === undefined ? whole : show(value)
    })
  }
}
