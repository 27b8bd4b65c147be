import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMay } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { User } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterText } from '../../parts/filter-inputs.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Latin, Moment, Word } from '../../parts/values.tsx'
import { roleText } from '../../parts/words.ts'
import { roleOf, useRoleFields } from './role-fields.ts'
import { UserActions } from './user-actions.tsx'

export function Users() {
  const { t } = useLocale()
  const may = useMay()
  const filter = useFilter()
  const [creates, setCreates] = useState(false)
  const query = useAnswer('people', 'GET /api/users', {})
  return (
    <>
      <Group mb="md" gap="sm" align="flex-end">
        <FilterText filter={filter} name="q" label={t('bots.search')} hint={t('people.search_hint')} />
        {may('user.manage') && <Button onClick={() => setCreates(true)}>{t('people.create')}</Button>}
      </Group>
      <Loaded query={query} height={240}>
        {({ items }) => <UserTable users={items.filter((user) => fits(user, filter.get('q')))} />}
      </Loaded>
      {creates && <CreateUser close={() => setCreates(false)} />}
    </>
  )
}

function fits({ username, tenant }: User, text: string): boolean {
  return `${username} ${tenant ?? ''}`.includes(text.trim().toLowerCase())
}

function UserTable({ users }: { readonly users: readonly User[] }) {
  const { t } = useLocale()
  if (users.length === 0) return <Empty text={t('bots.none_found')} />
  return (
    <RowTable
      label={t('people.users')}
      rows={users}
      keyOf={({ id }) => id}
      columns={[
        { head: t('sign_in.username'), cell: (user) => <Username user={user} /> },
        { head: t('people.role'), cell: ({ role }) => t(roleText[role]) },
        { head: t('factor.title'), cell: ({ second_factor }) => t(second_factor ? 'yes' : 'no') },
        { head: t('people.linked'), cell: (user) => <Linked user={user} /> },
        { head: t('people.since'), cell: ({ created_at }) => <Moment iso={created_at} day /> },
        { head: t('bots.actions'), cell: (user) => <UserActions user={user} /> },
      ]}
    />
  )
}

function Username({ user }: { readonly user: User }) {
  const { t } = useLocale()
  return (
    <div className="named">
      <b>
        <Word>{user.username}</Word>
      </b>{' '}
      {user.disabled_at !== null && <Badge tone="bad">{t('people.disabled')}</Badge>}
      {user.tenant !== null && (
        <Text size="xs" c="dimmed">
          <Word>{user.tenant}</Word>
        </Text>
      )}
    </div>
  )
}

function Linked({ user }: { readonly user: User }) {
  if (user.linked.length === 0) return '–'
  return user.linked.map(({ platform, platform_user_id }) => (
    <div key={`${platform} ${platform_user_id}`}>
      {platform} <Latin>{platform_user_id}</Latin>
    </div>
  ))
}

function CreateUser({ close }: { readonly close: () => void }) {
  const { t } = useLocale()
  const fields = useRoleFields()
  return (
    <AskSheet
      title={t('people.create')}
      submitText={t('people.create')}
      close={close}
      stale={['people']}
      fields={[
        { name: 'username', label: t('sign_in.username'), isLatin: true },
        {
          name: 'password',
          label: t('sign_in.password'),
          hint: t('people.password_hint'),
          kind: 'secret',
          fill: 'new-password',
        },
        ...fields,
      ]}
      send={(values, idempotencyKey) =>
        call('POST /api/users', {
          body: { username: (values['username'] ?? '').trim(), password: values['password'] ?? '', ...roleOf(values) },
          idempotencyKey,
        })
      }
    />
  )
}
