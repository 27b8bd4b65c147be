import { Modal, Stack, Text } from '@mantine/core'
import { useLocale } from '../i18n/locale.tsx'
import { SignInForm } from './sign-in.tsx'

/** Over the page when its session has ended: what was open stays open below. */
export function SignInAgain(props: { readonly username: string }) {
  const { t } = useLocale()
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t('sign_in.ended')}
    >
      <Stack>
        <Text>{t('sign_in.ended_detail')}</Text>
        <SignInForm username={props.username} />
      </Stack>
    </Modal>
  )
}
