import { Group, Paper, Progress, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { ServerView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Bytes, Count, Distance, Word } from '../../parts/values.tsx'

interface CardProps {
  readonly server: ServerView
  readonly isSelf: boolean
  readonly children?: ReactNode
}

/** One server at a glance: whether it lives, its room, its bots, its memory, its lease. */
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
      <dl className="facts">
        <dt>{t('servers.bots')}</dt>
        <dd>{t('servers.room', { used: server.assigned, of: server.capacity })}</dd>
        <dt>{t('servers.running')}</dt>
        <dd>
          <Count value={server.running} />
        </dd>
        <dt>{t('servers.troubled')}</dt>
        <dd>
          <Count value={server.troubled} />
        </dd>
        <dt>{t('bots.memory')}</dt>
        <dd>
          <Bytes value={server.memory_bytes} />
        </dd>
        <dt>{t('servers.standby')}</dt>
        <dd>
          <Count value={server.standby_count} /> (<Bytes value={server.standby_memory_bytes} />)
        </dd>
        <dt>{t('servers.lease')}</dt>
        <dd>
          <bdi>{format.duration(server.lease_left_ms)}</bdi>
        </dd>
        <dt>{t('servers.version')}</dt>
        <dd>
          <Word>{server.version}</Word>
        </dd>
        <dt>{t('servers.started')}</dt>
        <dd>
          <Distance iso={server.started_at} />
        </dd>
      </dl>
      {children}
    </Paper>
  )
}
