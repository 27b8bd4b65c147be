import { Button, Group, Text, Title } from '@mantine/core'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Session } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { type Column, RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Distance, Moment, Word } from '../../parts/values.tsx'
import { toast } from '../../shell/toasts.tsx'
import { browserName } from './browser-name.ts'

/** Where one is signed in, and ending that elsewhere. */
export function OwnSessions() {
  const { t } = useLocale()
  const query = useAnswer('sessions', 'GET /api/me/sessions', {})
  const endOthers = useAct<null, { sessions_ended: number }>({
    send: () => call('DELETE /api/me/sessions', {}),
    stale: ['sessions'],
    onDone: ({ sessions_ended: count }) => toast('good', t('sessions.ended', { count })),
  })
  const hasOthers = query.data?.items.some(({ current }) => !current) === true
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {t('sessions.own')}
        </Title>
        {hasOthers && (
          <Button size="xs" variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate(null)}>
            {t('sessions.end_others')}
          </Button>
        )}
      </Group>
      <Loaded query={query}>{({ items }) => <Sessions sessions={items} label={t('sessions.own')} mayEnd />}</Loaded>
    </section>
  )
}

/** Sessions, each with its end for who may end them. */
export function Sessions(props: {
  readonly sessions: readonly Session[]
  readonly label: string
  readonly mayEnd: boolean
}) {
  const { t } = useLocale()
  if (props.sessions.length === 0) return <Empty text={t('sessions.none')} />
  const end: Column<Session> = { head: t('bots.actions'), cell: (session) => <End session={session} /> }
  return (
    <RowTable
      label={props.label}
      rows={props.sessions}
      keyOf={({ id }) => id}
      columns={[
        { head: t('sessions.from'), cell: (session) => <From session={session} /> },
        { head: t('sessions.seen'), cell: ({ last_seen_at }) => <Distance iso={last_seen_at} /> },
        { head: t('sessions.begun'), cell: ({ created_at }) => <Moment iso={created_at} /> },
        { head: t('sessions.until'), cell: ({ expires_at }) => <Moment iso={expires_at} /> },
        ...(props.mayEnd ? [end] : []),
      ]}
    />
  )
}

function End({ session }: { readonly session: Session }) {
  const { t } = useLocale()
  const end = useAct({
    send: (id: string) => call('DELETE /api/sessions/{id}', { params: { id } }),
    stale: ['sessions'],
    onDone: () => toast('good', t('sessions.ended', { count: 1 })),
  })
  if (session.current) return <Badge tone="good">{t('sessions.this')}</Badge>
  return (
    <Button size="compact-sm" variant="default" loading={end.isPending} onClick={() => end.mutate(session.id)}>
      {t('sessions.end')}
    </Button>
  )
}

function From({ session }: { readonly session: Session }) {
  return (
    <>
      <Word>{session.source}</Word>
      <Text size="xs" c="dimmed" maw="24rem">
        <span title={session.user_agent ?? undefined}>
          <Word>{browserName(session.user_agent ?? '') ?? session.user_agent}</Word>
        </span>
      </Text>
    </>
  )
}
