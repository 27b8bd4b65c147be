import { Button, Group, Progress, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { broadcastStates } from '../../../../domain/outbox.ts'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useUser } from '../../api/session.ts'
import type { Broadcast } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Moment, Word } from '../../parts/values.tsx'
import type { Tone } from '../../parts/words.ts'
import { openSheet } from '../../shell/sheet-host.tsx'
import { BroadcastActions } from './actions.tsx'

const tones: Record<(typeof broadcastStates)[number], Tone> = {
  draft: 'calm',
  sending: 'busy',
  paused: 'warn',
  done: 'good',
  cancelled: 'bad',
}

/** How often one that is being sent is asked how far it is: its messages are too many to be told one by one. */
const askAgainMs = 3_000

/** News to the customers of a shop: written, tried on oneself, sent, and how far it has come. */
export function BroadcastsPage() {
  const { t } = useLocale()
  const { role } = useUser()
  const filter = useFilter()
  const list = useList('broadcasts', 'GET /api/broadcasts', { tenant: filter.get('shop') || undefined, limit: 50 })
  useProgress(list.rows?.some(({ state }) => state === 'sending') === true)
  return (
    <>
      <PageHead title={t('nav.broadcasts')}>
        <Button onClick={() => openSheet((close) => <CreateSheet close={close} />)}>{t('broadcasts.create')}</Button>
      </PageHead>
      {role !== 'agent' && (
        <Group mb="md">
          <FilterText filter={filter} name="shop" label={t('bot.tenant')} />
        </Group>
      )}
      <ListTable
        label={t('nav.broadcasts')}
        list={list}
        keyOf={({ id }) => String(id)}
        columns={[
          { head: t('broadcasts.text'), cell: (broadcast) => <Written broadcast={broadcast} /> },
          {
            head: t('orders.status'),
            cell: ({ state }) => <Badge tone={tones[state]}>{t(`broadcast.${state}`)}</Badge>,
          },
          { head: t('broadcasts.progress'), cell: (broadcast) => <Standing broadcast={broadcast} /> },
          { head: t('history.when'), cell: ({ created_at }) => <Moment iso={created_at} /> },
          { head: t('bots.actions'), cell: (broadcast) => <BroadcastActions broadcast={broadcast} /> },
        ]}
        empty={<Empty text={t('broadcasts.none')} />}
      />
    </>
  )
}

function useProgress(isSending: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!isSending) return undefined
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: ['broadcasts'] }), askAgainMs)
    return () => clearInterval(timer)
  }, [client, isSending])
}

function Written({ broadcast }: { readonly broadcast: Broadcast }) {
  return (
    <>
      <Text size="sm" maw="24rem" miw="12rem" lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
        <Word>{broadcast.html}</Word>
      </Text>
      <Text size="xs" c="dimmed">
        <Word>{broadcast.tenant}</Word>, <Word>{broadcast.created_by}</Word>
      </Text>
    </>
  )
}

function Standing({ broadcast }: { readonly broadcast: Broadcast }) {
  const { t } = useLocale()
  const { state, counted, recipients, waiting, sent, failed, dropped } = broadcast
  if (state === 'draft') return '–'
  const text = t('broadcasts.sent_of', { sent, all: recipients })
  return (
    <>
      <Progress
        value={recipients === 0 ? 100 : (100 * (recipients - waiting)) / recipients}
        aria-label={text}
        color="indigo.7"
        miw="9rem"
      />
      <Text size="sm">{counted || state !== 'sending' ? text : `${text}, ${t('broadcasts.counting')}`}</Text>
      {failed > 0 && <Text size="sm">{t('broadcasts.failed', { count: failed })}</Text>}
      {dropped > 0 && <Text size="sm">{t('broadcasts.dropped', { count: dropped })}</Text>}
    </>
  )
}

function CreateSheet({ close }: { readonly close: () => void }) {
  const { t } = useLocale()
  const { role } = useUser()
  return (
    <AskSheet
      title={t('broadcasts.create')}
      submitText={t('save')}
      close={close}
      stale={['broadcasts']}
      fields={[
        { name: 'html', label: t('broadcasts.text'), hint: t('broadcasts.text_hint'), kind: 'long' },
        ...(role === 'agent'
          ? []
          : [
              {
                name: 'tenant',
                label: t('bot.tenant'),
                hint: t('broadcasts.tenant_hint'),
                value: 'master',
                isLatin: true,
              },
            ]),
      ]}
      send={({ html = '', tenant }, idempotencyKey) =>
        call('POST /api/broadcasts', {
          body: { html, ...(tenant === undefined ? {} : { tenant: tenant.trim() }) },
          idempotencyKey,
        })
      }
    />
  )
}
