import { NativeSelect } from '@mantine/core'
import { type Language, languages } from '../i18n/languages.ts'
import { useLocale } from '../i18n/locale.tsx'

const choices = Object.entries(languages).map(([value, { name }]) => ({ value, label: name }))

/** Chooses the language of the page; each is named in itself. */
export function LanguageMenu() {
  const { language, choose, t } = useLocale()
  return (
    <NativeSelect
      size="xs"
      aria-label={t('language')}
      data={choices}
      value={language}
      onChange={(event) => choose(event.currentTarget.value as Language)}
    />
  )
}
