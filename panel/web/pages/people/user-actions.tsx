import { Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { call } from '../../api/call.ts'
import { useMay, useUser } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { User } from '../../api/views.ts'
import type { TextKey } from '../../i18n/catalogue.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { MoreMenu } from '../../parts/more-menu.tsx'
import { Note } from '../../parts/note.tsx'
import { Sheet } from '../../parts/sheet.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Copy, Moment } from '../../parts/values.tsx'
import { openSheet } from '../../shell/sheet-host.tsx'
import { toast } from '../../shell/toasts.tsx'
import { Sessions } from '../account/sessions.tsx'
import { roleOf, useRoleFields } from './role-fields.ts'

type Action = 'role' | 'password' | 'sessions' | 'link' | 'factor' | 'unlock' | 'disable' | 'enable'

const textOf = {
  role: 'people.change_role',
  password: 'people.set_password',
  sessions: 'people.sessions',
  link: 'people.link',
  factor: 'people.reset_factor',
  unlock: 'people.unlock',
  disable: 'people.disable',
  enable: 'people.enable',
} as const satisfies Record<Action, TextKey>

/** What one does with one's own account by the password, on its page. */
const ownWay: ReadonlySet<Action> = new Set(['password', 'factor', 'disable', 'unlock'])

/** What may be done with a person's account; who may only read it sees their sessions. */
export function UserActions({ user }: { readonly user: User }) {
  const { t } = useLocale()
  const may = useMay()
  const self = useUser()
  const isSelf = self.id === user.id
  const possible = (Object.keys(textOf) as Action[]).filter(
    (action) =>
      fits(action, user) && (action === 'sessions' || (may('user.manage') && !(isSelf && ownWay.has(action)))),
  )
  return (
    <MoreMenu
      name={user.username}
      items={possible.map((action) => ({
        key: action,
        text: t(textOf[action]),
        run: () => openSheet((close) => <Opened action={action} user={user} close={close} />),
      }))}
    />
  )
}

function fits(action: Action, user: User): boolean {
  if (action === 'disable') return user.disabled_at === null
  if (action === 'enable') return user.disabled_at !== null
  return action !== 'factor' || user.second_factor
}

interface OpenedProps {
  readonly action: Action
  readonly user: User
  readonly close: () => void
}

function Opened({ action, user, close }: OpenedProps): ReactNode {
  const { t } = useLocale()
  const roleFields = useRoleFields(user)
  const params = { username: user.username }
  const title = `${t(textOf[action])}: ${user.username}`
  const common = { title, submitText: t(textOf[action]), close, stale: ['people', 'sessions', 'tokens', 'me'] }
  switch (action) {
    case 'role':
      return (
        <AskSheet
          {...common}
          fields={roleFields}
          send={(values) => call('PUT /api/users/{username}/role', { params, body: roleOf(values) })}
        />
      )
    case 'password':
      return (
        <AskSheet
          {...common}
          fields={[
            {
              name: 'password',
              label: t('account.new_password'),
              hint: t('people.password_hint'),
              kind: 'secret',
              fill: 'new-password',
            },
          ]}
          send={({ password = '' }) => call('PUT /api/users/{username}/password', { params, body: { password } })}
        >
          {t('people.sessions_end')}
        </AskSheet>
      )
    case 'disable':
      return (
        <AskSheet {...common} fields={[]} isGrave send={() => call('POST /api/users/{username}/disable', { params })}>
          {t('people.disable_detail')}
        </AskSheet>
      )
    case 'enable':
      return <AskSheet {...common} fields={[]} send={() => call('POST /api/users/{username}/enable', { params })} />
    case 'unlock':
      return (
        <AskSheet {...common} fields={[]} send={() => call('POST /api/users/{username}/unlock', { params })}>
          {t('people.unlock_detail')}
        </AskSheet>
      )
    case 'factor':
      return (
        <AskSheet
          {...common}
          fields={[]}
          isGrave
          send={() => call('DELETE /api/users/{username}/second-factor', { params })}
        >
          {t('people.reset_detail')}
        </AskSheet>
      )
    case 'sessions':
      return (
        <Sheet title={title} close={close} size="xl">
          <SessionsOf username={user.username} label={title} />
        </Sheet>
      )
    case 'link':
      return (
        <Sheet title={title} close={close}>
          <LinkCode username={user.username} />
        </Sheet>
      )
    default:
      return action satisfies never
  }
}

function SessionsOf({ username, label }: { readonly username: string; readonly label: string }) {
  const { t } = useLocale()
  const mayEnd = useMay()('user.manage')
  const query = useAnswer('sessions', 'GET /api/users/{username}/sessions', { params: { username } })
  const endAll = useAct<null, { sessions_ended: number }>({
    send: () => call('DELETE /api/users/{username}/sessions', { params: { username } }),
    stale: ['sessions'],
    onDone: ({ sessions_ended: count }) => toast('good', t('sessions.ended', { count })),
  })
  return (
    <Loaded query={query}>
      {({ items }) => (
        <Stack>
          {mayEnd && items.length > 1 && (
            <Group>
              <Button size="xs" variant="default" loading={endAll.isPending} onClick={() => endAll.mutate(null)}>
                {t('sessions.end_all')}
              </Button>
            </Group>
          )}
          <Sessions sessions={items} label={label} mayEnd={mayEnd} />
        </Stack>
      )}
    </Loaded>
  )
}

/** A code that a person sends to the bot, so that it knows who they are. */
function LinkCode({ username }: { readonly username: string }) {
  const { t } = useLocale()
  const make = useAct({
    send: (_nothing: null) => call('POST /api/users/{username}/link-code', { params: { username } }),
    stale: [],
  })
  if (make.data === undefined) {
    return (
      <>
        <p>{t('people.link_detail')}</p>
        <Button loading={make.isPending} onClick={() => make.mutate(null)}>
          {t('people.link')}
        </Button>
      </>
    )
  }
  return (
    <Note tone="warn" title={t('people.link_send')}>
      <p className="mono">
        <bdi dir="ltr">{make.data.message}</bdi> <Copy value={make.data.message} what={t('people.link')} />
      </p>
      {t('sessions.until')}: <Moment iso={make.data.expires_at} />
    </Note>
  )
}
