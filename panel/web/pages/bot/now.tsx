import { Paper, SimpleGrid, Skeleton, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { restingStates } from '../../../../domain/instance.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Note } from '../../parts/note.tsx'
import { Bytes, Copy, Count, Distance, Moment, Percent, Word } from '../../parts/values.tsx'
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
        <Word>{reason}</Word>
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
      <dl className="facts">
        <dt>{t('bot.id')}</dt>
        <dd>
          <bdi className="mono">{bot.id}</bdi> <Copy value={bot.id} what={t('bot.id')} />
        </dd>
        <dt>{t('bots.platform')}</dt>
        <dd>{t(platformText[bot.platform])}</dd>
        <dt>{t(bot.platform === 'telegram' ? 'bot.username' : 'bot.phone')}</dt>
        <dd>
          <bdi dir="ltr">{bot.platform === 'telegram' ? `@${bot.username ?? ''}` : bot.phone_number}</bdi>
        </dd>
        <dt>{t('bot.tenant')}</dt>
        <dd>
          <Word>{bot.tenant}</Word>
        </dd>
        <dt>{t('bot.owner')}</dt>
        <dd>
          <Word>{bot.owner}</Word>
        </dd>
        <dt>{t('bots.approved_at')}</dt>
        <dd>
          <Moment iso={bot.approved_at} />
        </dd>
        <dt>{t('bots.expires')}</dt>
        <dd>
          <Moment iso={bot.expires_at} /> {bot.expires_at !== null && <Distance iso={bot.expires_at} />}
        </dd>
      </dl>
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
      <dl className="facts">
        <dt>{t('bots.server')}</dt>
        <dd>
          <Word>{bot.server_name}</Word> ({t(`placement.${bot.placement}`)})
        </dd>
        <dt>{t('bot.since')}</dt>
        <dd>
          <Distance iso={bot.state_at} />
        </dd>
        <dt>{t('bot.port')}</dt>
        <dd className="mono">{bot.port ?? '–'}</dd>
        <dt>{t('bot.pid')}</dt>
        <dd className="mono">{bot.pid ?? '–'}</dd>
        <dt>{t('bot.restarts')}</dt>
        <dd>
          <Count value={bot.restarts} />
        </dd>
        <dt>{t('bot.cpu')}</dt>
        <dd>
          <Percent value={bot.cpu_percent} />
        </dd>
        <dt>{t('bots.memory')}</dt>
        <dd>
          <Bytes value={bot.memory_bytes} />
        </dd>
      </dl>
    </Paper>
  )
}
