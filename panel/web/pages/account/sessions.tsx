import { Button, Group, Text, Title } from '@mantine/core'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Session } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Distance, Moment, Word } from '../../parts/values.tsx'
import { toast } from '../../shell/toasts.tsx'

/** Where one is signed in, and ending that elsewhere. */
export function OwnSessions() {
  const { t } = useLocale()
  const query = useAnswer('sessions', 'GET /api/me/sessions', {})
  const endOthers = useAct<null, { sessions_ended: number }>({
    send: () => call('DELETE /api/me/sessions', {}),
    stale: ['sessions'],
    onDone: ({ sessions_ended: count }) => toast('good', t('sessions.ended', { count })),
  })
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {t('sessions.own')}
        </Title>
        <Button size="xs" variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate(null)}>
          {t('sessions.end_others')}
        </Button>
      </Group>
      <Loaded query={query}>{({ items }) => <Sessions sessions={items} />}</Loaded>
    </section>
  )
}

/** Sessions, each with its end. */
export function Sessions(props: { readonly sessions: readonly Session[] }) {
  const { t } = useLocale()
  const end = useAct({
    send: (id: string) => call('DELETE /api/sessions/{id}', { params: { id } }),
    stale: ['sessions'],
    onDone: () => toast('good', t('sessions.ended', { count: 1 })),
  })
  return (
    <RowTable
      label={t('sessions.own')}
      rows={props.sessions}
      keyOf={({ id }) => id}
      columns={[
        { head: t('sessions.from'), cell: (session) => <From session={session} /> },
        { head: t('sessions.seen'), cell: ({ last_seen_at }) => <Distance iso={last_seen_at} /> },
        { head: t('sessions.begun'), cell: ({ created_at }) => <Moment iso={created_at} /> },
        { head: t('sessions.until'), cell: ({ expires_at }) => <Moment iso={expires_at} /> },
        {
          head: t('bots.actions'),
          cell: ({ id, current }) =>
            current ? (
              <Badge tone="good">{t('sessions.this')}</Badge>
            ) : (
              <Button
                size="compact-sm"
                variant="default"
                loading={end.isPending && end.variables === id}
                onClick={() => end.mutate(id)}
              >
                {t('sessions.end')}
              </Button>
            ),
        },
      ]}
    />
  )
}

function From({ session }: { readonly session: Session }) {
  return (
    <>
      <Word>{session.source}</Word>
      <Text size="xs" c="dimmed" maw="24rem">
        <Word>{session.user_agent}</Word>
      </Text>
    </>
  )
}
