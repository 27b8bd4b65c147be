import { Group, Paper, Progress, Title } from '@mantine/core'
import { Fragment, type ReactNode } from 'react'
import { states } from '../../../../domain/instance.ts'
import type { ServerView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Bytes, Count, Distance, Percent, Word } from '../../parts/values.tsx'
import { stateWords } from '../../parts/words.ts'

interface CardProps {
  readonly server: ServerView
  readonly isSelf: boolean
  readonly children?: ReactNode
}

/** One server at a glance: whether it lives, its room, its bots and their load, its lease. */
export function ServerCard({ server, isSelf, children }: CardProps) {
  const { t, format } = useLocale()
  const used = server.capacity === 0 ? 0 : (100 * server.assigned) / server.capacity
  return (
    <Paper withBorder p="md" component="section" aria-label={server.name}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          <Word>{server.name}</Word>
        </Title>
        <Group gap={6}>
          {isSelf && <Badge tone="busy">{t('servers.this')}</Badge>}
          {server.draining && <Badge tone="warn">{t('servers.draining')}</Badge>}
          <Badge tone={server.alive ? 'good' : 'bad'}>{t(server.alive ? 'servers.alive' : 'servers.away')}</Badge>
        </Group>
      </Group>
      <Progress
        value={used}
        mb="sm"
        aria-label={t('servers.room', { used: server.assigned, of: server.capacity })}
        color={used > 90 ? 'red.8' : 'indigo.7'}
      />
      <States server={server} />
      <Facts
        rows={[
          [t('servers.bots'), t('servers.room', { used: server.assigned, of: server.capacity })],
          [t('bot.cpu'), <Percent key="cpu" value={server.cpu_percent} />],
          [t('bots.memory'), <Bytes key="memory" value={server.memory_bytes} />],
          [
            t('servers.standby'),
            <Fragment key="standby">
              <Count value={server.standby_count} /> (<Bytes value={server.standby_memory_bytes} />)
            </Fragment>,
          ],
          [t('servers.lease'), <bdi key="lease">{format.duration(server.lease_left_ms)}</bdi>],
          [t('servers.version'), <Word key="version">{server.version}</Word>],
          [t('servers.started'), <Distance key="started" iso={server.started_at} />],
        ]}
      />
      {children}
    </Paper>
  )
}

/** Its bots by what they do. */
function States({ server }: { readonly server: ServerView }) {
  const { t, format } = useLocale()
  const counted = states.flatMap((state) => {
    const count = server.by_state[state] ?? 0
    return count === 0 ? [] : [{ ...stateWords[state], count }]
  })
  if (counted.length === 0) return null
  return (
    <Group gap={6} mb="sm">
      {counted.map(({ text, tone, count }) => (
        <Badge key={text} tone={tone}>{`${t(text)} ${format.number(count)}`}</Badge>
      ))}
    </Group>
  )
}
