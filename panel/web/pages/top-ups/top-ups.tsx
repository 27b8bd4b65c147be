import { Anchor, Button, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay, useUser } from '../../api/session.ts'
import type { TopUp } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice, FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Distance, Moment, Money, Word } from '../../parts/values.tsx'
import type { Tone } from '../../parts/words.ts'
import { openSheet } from '../../shell/sheet-host.tsx'

const states = ['requested', 'confirmed', 'rejected', 'cancelled', 'expired'] as const
const tones: Record<TopUp['status'], Tone> = {
  requested: 'warn',
  confirmed: 'good',
  rejected: 'bad',
  cancelled: 'calm',
  expired: 'calm',
}

/** What customers said they would pay in; a person who has seen the payment confirms it. */
export function TopUpsPage() {
  const { t } = useLocale()
  const { role } = useUser()
  const filter = useFilter()
  const list = useList('top-ups', 'GET /api/top-ups', {
    status: states.find((one) => one === filter.get('status')),
    tenant: filter.get('shop') || undefined,
    limit: 50,
  })
  return (
    <>
      <PageHead title={t('nav.top_ups')} />
      <Group mb="md" gap="sm" align="flex-end">
        <FilterChoice
          filter={filter}
          name="status"
          label={t('orders.status')}
          choices={states.map((value) => ({ value, label: t(`top_up.${value}`) }))}
        />
        {role !== 'agent' && <FilterText filter={filter} name="shop" label={t('bot.tenant')} />}
      </Group>
      <ListTable
        label={t('nav.top_ups')}
        list={list}
        keyOf={({ id }) => String(id)}
        columns={[
          { head: t('top_ups.number'), cell: ({ id }) => id },
          { head: t('orders.customer'), cell: (topUp) => <Customer topUp={topUp} /> },
          { head: t('orders.amount'), cell: ({ amount, currency }) => <Money amount={amount} currency={currency} /> },
          {
            head: t('top_ups.credited'),
            cell: ({ credited, currency }) => <Money amount={credited} currency={currency} />,
          },
          { head: t('history.when'), cell: ({ created_at }) => <Moment iso={created_at} /> },
          {
            head: t('top_ups.pay_until'),
            cell: (topUp) => (topUp.status === 'requested' ? <Distance iso={topUp.pay_until} /> : '–'),
          },
          { head: t('orders.status'), cell: (topUp) => <Standing topUp={topUp} /> },
          { head: t('bots.actions'), cell: (topUp) => <Actions topUp={topUp} /> },
        ]}
        empty={<Empty text={t('top_ups.none')} />}
      />
    </>
  )
}

function Customer({ topUp }: { readonly topUp: TopUp }) {
  return (
    <>
      <Anchor component={Link} href={`/customers/${topUp.customer}`}>
        <Word>{topUp.customer_name ?? topUp.customer}</Word>
      </Anchor>
      <Text size="xs" c="dimmed">
        <Word>{topUp.tenant}</Word>
      </Text>
    </>
  )
}

function Standing({ topUp }: { readonly topUp: TopUp }) {
  const { t } = useLocale()
  return (
    <>
      <Badge tone={tones[topUp.status]}>{t(`top_up.${topUp.status}`)}</Badge>
      <Text size="xs" c="dimmed" maw="14rem" style={{ overflowWrap: 'anywhere' }}>
        <Word>{topUp.reason ?? topUp.external_id ?? ''}</Word>
      </Text>
    </>
  )
}

function Actions({ topUp }: { readonly topUp: TopUp }) {
  const { t } = useLocale()
  const may = useMay()
  if (topUp.status !== 'requested' || !may('top_up.confirm')) return null
  return (
    <Group gap={6}>
      <Button size="compact-sm" onClick={() => openSheet((close) => <ConfirmSheet topUp={topUp} close={close} />)}>
        {t('top_ups.confirm')}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => openSheet((close) => <RejectSheet topUp={topUp} close={close} />)}
      >
        {t('withdrawals.reject')}
      </Button>
    </Group>
  )
}

interface SheetProps {
  readonly topUp: TopUp
  readonly close: () => void
}

function ConfirmSheet({ topUp, close }: SheetProps) {
  const { t } = useLocale()
  return (
    <AskSheet
      title={t('top_ups.confirm')}
      submitText={t('top_ups.confirm')}
      close={close}
      stale={['top-ups', 'customers']}
      fields={[
        { name: 'reference', label: t('top_ups.reference'), hint: t('top_ups.reference_hint'), isLatin: true },
        { name: 'amount', label: t('top_ups.credited'), kind: 'amount', value: topUp.amount },
      ]}
      send={({ reference = '', amount = '' }, idempotencyKey) =>
        call('POST /api/top-ups/{id}/confirm', {
          params: { id: String(topUp.id) },
          body: { reference: reference.trim(), amount: amount.trim() },
          idempotencyKey,
        })
      }
    >
      {topUp.instructions}
    </AskSheet>
  )
}

function RejectSheet({ topUp, close }: SheetProps) {
  const { t } = useLocale()
  return (
    <AskSheet
      title={t('withdrawals.reject')}
      submitText={t('withdrawals.reject')}
      close={close}
      stale={['top-ups', 'customers']}
      isGrave
      fields={[{ name: 'reason', label: t('bots.reason'), hint: t('top_ups.reason_hint'), kind: 'long' }]}
      send={({ reason = '' }, idempotencyKey) =>
        call('POST /api/top-ups/{id}/reject', { params: { id: String(topUp.id) }, body: { reason }, idempotencyKey })
      }
    />
  )
}
