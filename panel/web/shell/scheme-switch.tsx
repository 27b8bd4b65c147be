import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useLocale } from '../i18n/locale.tsx'

/** Turns the page dark or light; until it is touched the page follows the system. */
export function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const { t } = useLocale()
  const other = scheme === 'dark' ? 'light' : 'dark'
  return (
    <ActionIcon
      variant="default"
      size={30}
      aria-label={t(other === 'dark' ? 'scheme.dark' : 'scheme.light')}
      onClick={() => setColorScheme(other)}
    >
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
        <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" strokeWidth="2" />
        <path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor" />
      </svg>
    </ActionIcon>
  )
}
