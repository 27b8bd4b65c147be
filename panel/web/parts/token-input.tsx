import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useLocale } from '../i18n/locale.tsx'

/** Where a bot's token goes: hidden unless one looks, and kept by no password manager. */
export function TokenInput(props: PasswordInputProps) {
  const { t } = useLocale()
  return (
    <PasswordInput
      label={t('create.token')}
      autoComplete="off"
      dir="ltr"
      required
      visibilityToggleButtonProps={{ 'aria-label': t('create.show_token'), tabIndex: 0 }}
      {...props}
    />
  )
}
