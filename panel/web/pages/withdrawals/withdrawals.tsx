import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay, useUser } from '../../api/session.ts'
import type { Withdrawal } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice, FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Copy, Latin, Moment, Money, Word } from '../../parts/values.tsx'
import type { Tone } from '../../parts/words.ts'
import { WithdrawalActions } from './actions.tsx'

const states = ['requested', 'approved', 'paid', 'rejected', 'cancelled'] as const
const tones: Record<Withdrawal['status'], Tone> = {
  requested: 'warn',
  approved: 'busy',
  paid: 'good',
  rejected: 'bad',
  cancelled: 'calm',
}

/** What agents want paid out: looked at by one person, above a limit by two, then paid. */
export function WithdrawalsPage() {
  const { t } = useLocale()
  const may = useMay()
  const { role } = useUser()
  const filter = useFilter()
  const [asks, setAsks] = useState(false)
  const list = useList('withdrawals', 'GET /api/withdrawals', {
    status: states.find((one) => one === filter.get('status')),
    tenant: filter.get('shop') || undefined,
    limit: 50,
  })
  return (
    <>
      <PageHead title={t('nav.withdrawals')}>
        {may('withdrawal.request') && <Button onClick={() => setAsks(true)}>{t('withdrawals.request')}</Button>}
      </PageHead>
      <Group mb="md" gap="sm" align="flex-end">
        <FilterChoice
          filter={filter}
          name="status"
          label={t('orders.status')}
          choices={states.map((value) => ({ value, label: t(`withdrawal.${value}`) }))}
        />
        {role !== 'agent' && <FilterText filter={filter} name="shop" label={t('bot.tenant')} />}
      </Group>
      <ListTable
        label={t('nav.withdrawals')}
        list={list}
        keyOf={({ id }) => id}
        columns={[
          { head: t('withdrawals.asked'), cell: (withdrawal) => <Asked withdrawal={withdrawal} /> },
          { head: t('orders.amount'), cell: (withdrawal) => <Amount withdrawal={withdrawal} /> },
          { head: t('withdrawals.address'), cell: ({ address }) => <Address address={address} /> },
          { head: t('orders.status'), cell: (withdrawal) => <Standing withdrawal={withdrawal} /> },
          { head: t('bots.actions'), cell: (withdrawal) => <WithdrawalActions withdrawal={withdrawal} /> },
        ]}
        empty={<Empty text={t('withdrawals.none')} />}
      />
      {asks && <RequestSheet close={() => setAsks(false)} />}
    </>
  )
}

function Asked({ withdrawal }: { readonly withdrawal: Withdrawal }) {
  return (
    <>
      <Word>{withdrawal.tenant}</Word>
      <Text size="xs" c="dimmed">
        <Moment iso={withdrawal.requested_at} />
      </Text>
    </>
  )
}

function Amount({ withdrawal }: { readonly withdrawal: Withdrawal }) {
  const { t } = useLocale()
  const { amount, net, currency } = withdrawal
  return (
    <>
      <Money amount={amount} currency={currency} />
      <Text size="xs" c="dimmed">
        {t('withdrawals.net')} <Money amount={net} currency={currency} />
      </Text>
    </>
  )
}

function Address({ address }: { readonly address: string }) {
  const { t } = useLocale()
  return (
    <Text size="xs" component="div" maw="16rem" miw="12rem" style={{ overflowWrap: 'anywhere' }}>
      <Latin>{address}</Latin> <Copy value={address} what={t('withdrawals.address')} />
    </Text>
  )
}

function Standing({ withdrawal }: { readonly withdrawal: Withdrawal }) {
  const { t } = useLocale()
  const { status, approvals, approvals_needed: needed, reason, txid } = withdrawal
  return (
    <>
      <Badge tone={tones[status]}>{t(`withdrawal.${status}`)}</Badge>
      <Text size="xs" c="dimmed" component="div" maw="16rem" miw="10rem" style={{ overflowWrap: 'anywhere' }}>
        {status === 'requested' && <div>{t('withdrawals.approvals', { given: approvals.length, needed })}</div>}
        {approvals.map(({ by }) => (
          <div key={by}>
            <Word>{by}</Word>
          </div>
        ))}
        <Word>{reason ?? txid ?? ''}</Word>
      </Text>
    </>
  )
}

function RequestSheet({ close }: { readonly close: () => void }) {
  const { t } = useLocale()
  const { role } = useUser()
  return (
    <AskSheet
      title={t('withdrawals.request')}
      submitText={t('withdrawals.request')}
      close={close}
      stale={['withdrawals', 'agents']}
      fields={[
        ...(role === 'agent' ? [] : [{ name: 'tenant', label: t('bot.tenant'), isLatin: true }]),
        { name: 'amount', label: t('orders.amount'), kind: 'amount' },
        { name: 'address', label: t('withdrawals.address'), hint: t('withdrawals.address_hint'), isLatin: true },
      ]}
      send={({ tenant, amount = '', address = '' }, idempotencyKey) =>
        call('POST /api/withdrawals', {
          body: { ...(tenant === undefined ? {} : { tenant }), amount: amount.trim(), address: address.trim() },
          idempotencyKey,
        })
      }
    />
  )
}
