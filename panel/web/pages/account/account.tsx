import { Button, Group, Paper, SimpleGrid, Stack, Title } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useFactorNeeded, useUser } from '../../api/session.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Facts } from '../../parts/facts.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { Moment, Word } from '../../parts/values.tsx'
import { roleText } from '../../parts/words.ts'
import { Tokens } from '../tokens/tokens.tsx'
import { SecondFactor } from './second-factor.tsx'
import { OwnSessions } from './sessions.tsx'

/** What a person may change of their own account. */
export function AccountPage() {
  const { t } = useLocale()
  const isShut = useFactorNeeded()
  return (
    <>
      <PageHead title={t('user.account')} />
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Self />
          <SecondFactor />
        </SimpleGrid>
        {!isShut && <OwnSessions />}
        {!isShut && <OwnTokens />}
      </Stack>
    </>
  )
}

function Self() {
  const { t } = useLocale()
  const user = useUser()
  const [asks, setAsks] = useState(false)
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        <Word>{user.username}</Word>
      </Title>
      <Facts
        rows={[
          [t('people.role'), t(roleText[user.role])],
          ...(user.tenant === null ? [] : [[t('bot.tenant'), <Word key="tenant">{user.tenant}</Word>] as const]),
          [t('people.since'), <Moment key="since" iso={user.created_at} day />],
        ]}
      />
      <Group mt="md">
        <Button size="xs" variant="default" onClick={() => setAsks(true)}>
          {t('account.change_password')}
        </Button>
      </Group>
      {asks && (
        <AskSheet
          title={t('account.change_password')}
          submitText={t('save')}
          close={() => setAsks(false)}
          stale={['sessions']}
          fields={[
            { name: 'password', label: t('account.old_password'), kind: 'secret', fill: 'current-password' },
            {
              name: 'new_password',
              label: t('account.new_password'),
              hint: t('people.password_hint'),
              kind: 'secret',
              fill: 'new-password',
            },
          ]}
          send={({ password = '', new_password = '' }) =>
            call('POST /api/me/password', { body: { password, new_password } })
          }
          doneText={({ sessions_ended: count }) => t('account.password_changed', { count })}
        >
          {t('account.others_end')}
        </AskSheet>
      )}
    </Paper>
  )
}

function OwnTokens() {
  const { t } = useLocale()
  const { username } = useUser()
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('people.tokens')}
      </Title>
      <Tokens of={username} />
    </section>
  )
}
