import { ActionIcon } from '@mantine/core'
import { useLocale } from '../i18n/locale.tsx'
import { MenuButton, type MenuItem } from './menu-button.tsx'

/** The three dots of a row, behind which is what else may be done with it. */
export function MoreMenu({ name, items }: { readonly name: string; readonly items: readonly MenuItem[] }) {
  const { t } = useLocale()
  return (
    <MenuButton
      target={
        <ActionIcon variant="default" size={26} aria-label={t('action.more', { name })}>
          <svg viewBox="0 0 24 24" width="16" height="16" fill="currentColor" aria-hidden="true">
            <circle cx="5" cy="12" r="2" />
            <circle cx="12" cy="12" r="2" />
            <circle cx="19" cy="12" r="2" />
          </svg>
        </ActionIcon>
      }
      items={items}
    />
  )
}
