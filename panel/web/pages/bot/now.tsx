import { Paper, SimpleGrid, Skeleton, Text, Title } from '@mantine/core'
import { Fragment, lazy, Suspense } from 'react'
import { restingStates } from '../../../../domain/instance.ts'
import { withoutCommand } from '../../api/problem.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Note } from '../../parts/note.tsx'
import { Bytes, Copy, Count, Distance, Latin, Moment, Percent, Word } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'

const Charts = lazy(async () => ({ default: (await import('./charts.tsx')).Charts }))

/** What a bot is and does at the moment. */
export function Now({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  return (
    <>
      <Trouble bot={bot} />
      <SimpleGrid cols={{ base: 1, md: 2 }} mb="md">
        <Identity bot={bot} />
        <Running bot={bot} />
      </SimpleGrid>
      <Title order={2} size="h4" mb="xs">
        {t('bot.load')}
      </Title>
      <Suspense fallback={<Skeleton h={200} />}>
        <Charts id={bot.id} />
      </Suspense>
    </>
  )
}

function Trouble({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  const reason = bot.status === 'suspended' ? bot.suspended_reason : bot.last_error
  if (reason === null || bot.state === 'running') return null
  const waitsForPerson = restingStates.includes(bot.state) || bot.status === 'suspended'
  return (
    <Note tone={waitsForPerson ? 'bad' : 'warn'} title={t(waitsForPerson ? 'bot.waits_for_you' : 'bot.last_trouble')}>
      <Text>
        <Word>{withoutCommand(reason)}</Word>
      </Text>
      {bot.next_try_at !== null && (
        <Text size="sm">
          {t('bot.attempt', { n: bot.attempt })} {t('bots.next_try')}: <Distance iso={bot.next_try_at} />
        </Text>
      )}
    </Note>
  )
}

function Identity({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        {t('bot.identity')}
      </Title>
      <Facts
        rows={[
          [
            t('bot.id'),
            <Fragment key="id">
              <Latin>{bot.id}</Latin> <Copy value={bot.id} what={t('bot.id')} />
            </Fragment>,
          ],
          [t('bots.platform'), t(platformText[bot.platform])],
          bot.platform === 'telegram'
            ? [t('bot.username'), <Latin key="name">{bot.username === null ? null : `@${bot.username}`}</Latin>]
            : [t('bot.phone'), <Latin key="phone">{bot.phone_number}</Latin>],
          [t('bot.tenant'), <Word key="tenant">{bot.tenant}</Word>],
          [t('bot.owner'), <Word key="owner">{bot.owner}</Word>],
          [t('bots.approved_at'), <Moment key="approved" iso={bot.approved_at} />],
          [
            t('bots.expires'),
            <Fragment key="expires">
              <Moment iso={bot.expires_at} />
              {bot.expires_at !== null && (
                <>
                  {' '}
                  (<Distance iso={bot.expires_at} />)
                </>
              )}
            </Fragment>,
          ],
        ]}
      />
    </Paper>
  )
}

function Running({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        {t('bot.process')}
      </Title>
      <Facts
        rows={[
          [
            t('bots.server'),
            <Fragment key="server">
              <Word>{bot.server_name}</Word> ({t(`placement.${bot.placement}`)})
            </Fragment>,
          ],
          [t('bot.since'), <Distance key="since" iso={bot.state_at} />],
          [t('bot.port'), <Latin key="port">{bot.port}</Latin>],
          [t('bot.pid'), <Latin key="pid">{bot.pid}</Latin>],
          [t('bot.restarts'), <Count key="restarts" value={bot.restarts} />],
          [t('bot.cpu'), <Percent key="cpu" value={bot.cpu_percent} />],
          [t('bots.memory'), <Bytes key="memory" value={bot.memory_bytes} />],
        ]}
      />
    </Paper>
  )
}
