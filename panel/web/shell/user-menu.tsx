import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { signOut, useUser } from '../api/session.ts'
import { useChange } from '../api/use-change.ts'
import { useLocale } from '../i18n/locale.tsx'
import { MenuButton } from '../parts/menu-button.tsx'
import { roleText } from '../parts/words.ts'
import { toast } from './toasts.tsx'

export function UserMenu() {
  const user = useUser()
  const { t } = useLocale()
  const [, go] = useLocation()
  const client = useQueryClient()
  const leave = useChange<null>({
    send: signOut,
    stale: [],
    onDone: () => {
      client.setQueryData(['me'], null)
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })
    },
    onProblem: (problem) => toast('bad', t('user.sign_out_failed'), problem.message),
  })
  return (
    <MenuButton
      target={
        <Button variant="default" size="xs" maw="9rem">
          <bdi>{user.username}</bdi>
        </Button>
      }
      heading={t(roleText[user.role])}
      items={[
        { key: 'account', text: t('user.account'), run: () => go('/account') },
        { key: 'sign_out', text: t('user.sign_out'), run: () => leave.mutate(null) },
      ]}
    />
  )
}
