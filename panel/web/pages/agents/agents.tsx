import { Anchor, Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { monthOptions, parseMonths } from '../../../../domain/subscription.ts'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay } from '../../api/session.ts'
import type { Agent } from '../../api/views.ts'
import { type Locale, useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge, StateBadge } from '../../parts/badge.tsx'
import { FilterChoice } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Count, Latin, Money, Word } from '../../parts/values.tsx'

/** The resellers: their shops, bots and what they sold. */
export function AgentsPage() {
  const locale = useLocale()
  const { t } = locale
  const may = useMay()
  const filter = useFilter()
  const [creates, setCreates] = useState(false)
  const status = filter.get('status')
  const list = useList('agents', 'GET /api/agents', {
    status: status === 'active' || status === 'paused' ? status : undefined,
    limit: 50,
  })
  return (
    <>
      <PageHead title={t('nav.agents')}>
        {may('agent.manage') && <Button onClick={() => setCreates(true)}>{t('agents.create')}</Button>}
      </PageHead>
      <Group mb="md">
        <FilterChoice
          filter={filter}
          name="status"
          label={t('orders.status')}
          choices={[
            { value: 'active', label: t('agents.active') },
            { value: 'paused', label: t('agents.paused') },
          ]}
        />
      </Group>
      <ListTable
        label={t('nav.agents')}
        list={list}
        keyOf={({ id }) => id}
        columns={[
          { head: t('bots.name'), cell: (agent) => <AgentName agent={agent} /> },
          { head: t('orders.status'), cell: (agent) => <AgentBadge agent={agent} /> },
          { head: t('orders.markup'), cell: ({ markup }) => <bdi>{markupText(markup, locale)}</bdi> },
          { head: t('nav.bots'), cell: (agent) => <Bots agent={agent} /> },
          { head: t('nav.customers'), cell: ({ customers }) => <Count value={customers} /> },
          { head: t('agents.turnover'), cell: (agent) => <Sold agent={agent} what="turnover" /> },
          { head: t('orders.profit'), cell: (agent) => <Sold agent={agent} what="profit" /> },
        ]}
        empty={<Empty text={t('agents.none')} />}
      />
      {creates && <CreateSheet close={() => setCreates(false)} />}
    </>
  )
}

function CreateSheet({ close }: { readonly close: () => void }) {
  const { t } = useLocale()
  const [, go] = useLocation()
  return (
    <AskSheet
      title={t('agents.create')}
      submitText={t('agents.create')}
      close={close}
      stale={['agents', 'bots']}
      fields={[
        { name: 'name', label: t('bots.name') },
        { name: 'id', label: t('bot.id'), hint: t('agents.id_hint'), isOptional: true, isLatin: true },
        { name: 'credential', label: t('agents.credential'), hint: t('agents.credential_hint'), kind: 'secret' },
        {
          name: 'months',
          label: t('agents.approve_for'),
          kind: 'choice',
          isOptional: true,
          choices: [
            { value: '', label: t('agents.not_yet') },
            ...monthOptions.map((count) => ({ value: String(count), label: t('period.option', { count }) })),
          ],
        },
        { name: 'owner_id', label: t('agents.owner'), hint: t('agents.owner_hint'), isOptional: true, isLatin: true },
      ]}
      send={({ name = '', id = '', credential = '', months = '', owner_id = '' }, idempotencyKey) =>
        call('POST /api/agents', {
          body: {
            name: name.trim(),
            ...(id.trim() === '' ? {} : { id: id.trim() }),
            ...botOf(credential.trim()),
            ...(months === '' ? {} : { duration_months: parseMonths(months) }),
            ...(owner_id.trim() === '' ? {} : { owner_id: owner_id.trim() }),
          },
          idempotencyKey,
        })
      }
      onDone={(agent) => go(`/agents/${agent.id}`)}
    />
  )
}

/** A token of Telegram has a colon; a WhatsApp number has none. */
function botOf(credential: string): { token: string } | { phone_number: string } {
  return credential.includes(':') ? { token: credential } : { phone_number: credential }
}

function AgentName({ agent }: { readonly agent: Agent }) {
  return (
    <div className="named">
      <Anchor component={Link} href={`/agents/${agent.id}`} fw={600}>
        <Word>{agent.name}</Word>
      </Anchor>
      <Text size="xs" c="dimmed">
        <Latin>{agent.id}</Latin>
      </Text>
    </div>
  )
}

export function AgentBadge({ agent }: { readonly agent: Pick<Agent, 'status'> }) {
  const { t } = useLocale()
  return agent.status === 'active' ? (
    <Badge tone="good">{t('agents.active')}</Badge>
  ) : (
    <Badge tone="warn">{t('agents.paused')}</Badge>
  )
}

function Bots({ agent }: { readonly agent: Agent }) {
  return agent.instances.map((bot) => (
    <div key={bot.id}>
      <Anchor component={Link} href={`/bots/${bot.id}`}>
        <Word>{bot.name}</Word>
      </Anchor>{' '}
      <StateBadge state={bot.state} />
    </div>
  ))
}

export function Sold({ agent, what }: { readonly agent: Pick<Agent, 'sales'>; readonly what: 'turnover' | 'profit' }) {
  if (agent.sales.length === 0) return '–'
  return agent.sales.map((sales) => (
    <div key={sales.currency}>
      <Money amount={sales[what]} currency={sales.currency} />
    </div>
  ))
}

/** A markup in words: `10%`, or so much a unit in each currency. */
export function markupText(markup: Agent['markup'], { t, format }: Locale): string {
  if (markup.kind === 'percent') return format.exactPercent(Number(markup.percent))
  const fixed = Object.entries(markup.fixed).map(([currency, amount]) => format.money(amount, currency))
  return t('agents.a_unit', { amounts: fixed.join(', ') })
}
