import { Anchor, Button, Group, Text, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { messageStates } from '../../../../domain/outbox.ts'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay } from '../../api/session.ts'
import type { Message } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice, FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Count, Distance, Latin, Word } from '../../parts/values.tsx'
import { messageWords } from '../../parts/words.ts'
import { openSheet } from '../../shell/sheet-host.tsx'
import { ChosenMessages } from './chosen-messages.tsx'
import { MessageSheet } from './message-sheet.tsx'

/** What the bots have to tell, what stands in its way, and dead letters to deliver once more or give up. */
export function NotificationsPage() {
  const { t } = useLocale()
  const may = useMay()
  const filter = useFilter()
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set())
  const state = messageStates.find((known) => known === filter.get('state'))
  const narrowed = { tenant: filter.get('shop') || undefined, kind: filter.get('kind') || undefined }
  const list = useList('messages', 'GET /api/outbox', { ...narrowed, state, limit: 50 })
  const chosenRows = list.rows?.filter(({ id }) => chosen.has(String(id))) ?? []
  const isEmpty = list.rows?.length === 0
  return (
    <>
      <PageHead title={t('nav.notifications')}>
        {may('outbox.redrive') && state === 'dead' && !isEmpty && (
          <Button variant="default" onClick={() => openSheet((close) => <RedriveAll close={close} {...narrowed} />)}>
            {t('messages.redrive_all')}
          </Button>
        )}
      </PageHead>
      <Group mb="md" gap="sm" align="flex-end">
        <FilterChoice
          filter={filter}
          name="state"
          label={t('bots.state')}
          allText={t('messages.open')}
          choices={messageStates.map((value) => ({ value, label: t(messageWords[value].text) }))}
        />
        <FilterText filter={filter} name="kind" label={t('messages.kind')} hint="withdrawal_paid" />
        <FilterText filter={filter} name="shop" label={t('bot.tenant')} />
      </Group>
      {chosenRows.length > 0 && <ChosenMessages messages={chosenRows} done={() => choose(new Set())} />}
      <ListTable
        label={t('nav.notifications')}
        list={list}
        keyOf={({ id }) => String(id)}
        nameOf={titleOf}
        {...(may('outbox.redrive') ? { selection: { chosen, choose } } : {})}
        columns={[
          { head: t('messages.kind'), cell: (message) => <Kind message={message} /> },
          { head: t('bots.state'), cell: (message) => <State message={message} /> },
          { head: t('messages.waits_for'), cell: (message) => <Reason message={message} /> },
          { head: t('bot.tenant'), cell: ({ tenant }) => <Word>{tenant}</Word> },
          { head: t('bots.created'), cell: ({ created_at }) => <Distance iso={created_at} /> },
        ]}
        empty={<Empty text={t(state === undefined ? 'messages.none_open' : 'bots.none_found')} />}
      />
    </>
  )
}

/** What one calls a message: its kind and number. */
const titleOf = ({ kind, id }: Pick<Message, 'kind' | 'id'>) => `${kind} ${id}`

function Kind({ message }: { readonly message: Message }) {
  const { t } = useLocale()
  return (
    <div className="named">
      <UnstyledButton
        className="mono"
        fz="sm"
        fw={600}
        c="var(--mantine-color-anchor)"
        onClick={() => openSheet((close) => <MessageSheet id={message.id} title={titleOf(message)} close={close} />)}
      >
        <bdi dir="ltr">{titleOf(message)}</bdi>
      </UnstyledButton>
      <Text size="xs" c="dimmed" mt={6}>
        {message.customer === null ? (
          <Latin>{message.chat}</Latin>
        ) : (
          <Anchor component={Link} href={`/customers/${message.customer}`}>
            {t('orders.customer')}
          </Anchor>
        )}
      </Text>
    </div>
  )
}

function State({ message }: { readonly message: Message }) {
  const { t } = useLocale()
  const { text, tone } = messageWords[message.state]
  return (
    <>
      <Badge tone={tone}>{t(text)}</Badge>
      {message.attempts > 0 && (
        <Text size="xs" c="dimmed">
          {t('messages.attempts')}: <Count value={message.attempts} />
        </Text>
      )}
    </>
  )
}

function Reason({ message }: { readonly message: Message }) {
  const { waits_for, last_error } = message
  return (
    <Text size="sm" miw="14rem" maw="24rem" component="div" style={{ overflowWrap: 'anywhere' }}>
      <Word>{waits_for ?? last_error}</Word>
      {waits_for !== null && last_error !== null && (
        <Text size="xs" c="dimmed">
          <Word>{last_error}</Word>
        </Text>
      )}
    </Text>
  )
}

interface RedriveProps {
  readonly tenant: string | undefined
  readonly kind: string | undefined
  readonly close: () => void
}

function RedriveAll({ tenant, kind, close }: RedriveProps) {
  const { t } = useLocale()
  const isNarrowed = tenant !== undefined || kind !== undefined
  return (
    <AskSheet
      title={t('messages.redrive_all')}
      submitText={t('messages.redrive')}
      fields={[]}
      stale={['messages']}
      close={close}
      send={(_none, idempotencyKey) =>
        call('POST /api/outbox/redrive', { body: { all: true, tenant, kind }, idempotencyKey })
      }
      doneText={({ redriven }) => t('messages.redriven', { count: redriven.length })}
    >
      {t(isNarrowed ? 'messages.redrive_these_detail' : 'messages.redrive_all_detail')}
      {isNarrowed && (
        <>
          {' '}
          <Latin>{[kind, tenant].filter((part) => part !== undefined).join(' ')}</Latin>
        </>
      )}
    </AskSheet>
  )
}
