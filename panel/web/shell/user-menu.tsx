import { Button, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { signOut, useUser } from '../api/session.ts'
import { useChange } from '../api/use-change.ts'
import { useLocale } from '../i18n/locale.tsx'
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
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="default" size="xs" maw="9rem">
          <bdi>{user.username}</bdi>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t(roleText[user.role])}</Menu.Label>
        <Menu.Item onClick={() => go('/account')}>{t('user.account')}</Menu.Item>
        <Menu.Item onClick={() => leave.mutate(null)}>{t('user.sign_out')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
