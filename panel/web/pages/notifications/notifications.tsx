import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay } from '../../api/session.ts'
import type { Message } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice, FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useAct } from '../../parts/use-act.ts'
import { useFilter } from '../../parts/use-filter.ts'
import { Count, Distance, Moment, Word } from '../../parts/values.tsx'
import type { Tone } from '../../parts/words.ts'

const states = ['queued', 'claimed', 'sent', 'dead', 'dropped'] as const
const tones: Record<Message['state'], Tone> = {
  queued: 'busy',
  claimed: 'busy',
  sent: 'good',
  dead: 'bad',
  dropped: 'calm',
}

/** What goes out to chats: what waits and for what, what came to nothing, and sending that again. */
export function NotificationsPage() {
  const { t } = useLocale()
  const may = useMay()
  const filter = useFilter()
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set())
  const list = useList('messages', 'GET /api/outbox', {
    state: states.find((one) => one === filter.get('state')),
    kind: filter.get('kind') || undefined,
    tenant: filter.get('shop') || undefined,
    limit: 100,
  })
  return (
    <>
      <PageHead title={t('nav.notifications')} />
      <Group mb="md" gap="sm" align="flex-end">
        <FilterChoice
          filter={filter}
          name="state"
          label={t('orders.status')}
          choices={states.map((value) => ({ value, label: t(`message.${value}`) }))}
        />
        <FilterText filter={filter} name="kind" label={t('messages.kind')} />
        <FilterText filter={filter} name="shop" label={t('bot.tenant')} />
      </Group>
      {chosen.size > 0 && <Chosen ids={[...chosen].map(Number)} done={() => choose(new Set())} />}
      <ListTable
        label={t('nav.notifications')}
        list={list}
        keyOf={({ id }) => String(id)}
        selection={may('outbox.redrive') ? { chosen, choose } : undefined}
        columns={[
          { head: t('messages.kind'), cell: (message) => <Kind message={message} /> },
          { head: t('orders.status'), cell: ({ state }) => <Badge tone={tones[state]}>{t(`message.${state}`)}</Badge> },
          { head: t('messages.why'), cell: (message) => <Why message={message} /> },
          { head: t('messages.attempts'), cell: ({ attempts }) => <Count value={attempts} /> },
          { head: t('history.when'), cell: ({ created_at }) => <Moment iso={created_at} /> },
          {
            head: t('bots.next_try'),
            cell: ({ state, not_before }) => (state === 'queued' ? <Distance iso={not_before} /> : '–'),
          },
        ]}
        empty={<Empty text={t('messages.none')} />}
      />
    </>
  )
}

function Kind({ message }: { readonly message: Message }) {
  return (
    <>
      <Word>{message.kind.replaceAll('_', ' ')}</Word>
      <Text size="xs" c="dimmed">
        <Word>{message.tenant}</Word>
      </Text>
    </>
  )
}

function Why({ message }: { readonly message: Message }) {
  return (
    <Text size="sm" maw="24rem" style={{ overflowWrap: 'anywhere' }}>
      <Word>{message.waits_for ?? message.last_error}</Word>
    </Text>
  )
}

function Chosen(props: { readonly ids: readonly number[]; readonly done: () => void }) {
  const { t } = useLocale()
  const redrive = useAct({
    send: (ids: readonly number[]) => call('POST /api/outbox/redrive', { body: { ids: [...ids] } }),
    stale: ['messages'],
    doneText: t('messages.redriven'),
    onDone: props.done,
  })
  const drop = useAct({
    send: (ids: readonly number[]) => call('POST /api/outbox/drop', { body: { ids: [...ids] } }),
    stale: ['messages'],
    doneText: t('message.dropped'),
    onDone: props.done,
  })
  return (
    <Group mb="sm" gap="xs">
      <Text size="sm" fw={600}>
        {t('bulk.chosen', { count: props.ids.length })}
      </Text>
      <Button size="compact-sm" loading={redrive.isPending} onClick={() => redrive.mutate(props.ids)}>
        {t('messages.redrive')}
      </Button>
      <Button size="compact-sm" variant="default" loading={drop.isPending} onClick={() => drop.mutate(props.ids)}>
        {t('messages.drop')}
      </Button>
    </Group>
  )
}
