import { Anchor, Button, Paper, SimpleGrid, Title } from '@mantine/core'
import { useState } from 'react'
import { Link, useParams } from 'wouter'
import { type Currency, currencies } from '../../../../domain/money.ts'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { CustomerDetails } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Facts } from '../../parts/facts.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Count, Distance, Latin, Moment, Money, Word } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'
import { Balances, nameOf } from './customers.tsx'
import { PlaceOrder } from './place-order.tsx'

/** One customer: balances, every movement of money, and what may be done. */
export function CustomerPage() {
  const { id } = useParams<{ id: string }>()
  const query = useAnswer('customers', 'GET /api/customers/{id}', { params: { id } })
  return <Loaded query={query}>{(customer) => <CustomerView customer={customer} />}</Loaded>
}

function CustomerView({ customer }: { readonly customer: CustomerDetails }) {
  const { t } = useLocale()
  return (
    <>
      <PageHead title={nameOf(customer)}>
        <Actions customer={customer} />
      </PageHead>
      {customer.blocked_at !== null && (
        <Note tone="bad" title={t('customers.blocked')}>
          <Word>{customer.blocked_reason}</Word> <Moment iso={customer.blocked_at} />
        </Note>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} my="md">
        <Paper withBorder p="md">
          <Facts
            rows={[
              [t('bots.platform'), t(platformText[customer.platform])],
              [t('bot.id'), <Latin key="id">{customer.platform_user_id}</Latin>],
              [t('bot.tenant'), <Word key="tenant">{customer.tenant}</Word>],
              [t('language'), <Word key="language">{customer.language}</Word>],
              [t('people.since'), <Moment key="since" iso={customer.created_at} day />],
              [t('sessions.seen'), <Distance key="seen" iso={customer.last_seen_at} />],
            ]}
          />
        </Paper>
        <Paper withBorder p="md">
          <Facts
            rows={[
              [t('customers.balance'), <Balances key="balance" customer={customer} />],
              [
                t('nav.orders'),
                <Anchor key="orders" component={Link} href={`/orders?customer=${customer.id}`}>
                  <Count value={customer.orders} />
                </Anchor>,
              ],
            ]}
          />
        </Paper>
      </SimpleGrid>
      <Movements id={customer.id} />
    </>
  )
}

function Movements({ id }: { readonly id: string }) {
  const { t } = useLocale()
  const list = useCustomerHistory(id)
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('customers.movements')}
      </Title>
      <ListTable
        label={t('customers.movements')}
        list={list}
        keyOf={({ id: entry, currency }) => `${entry} ${currency}`}
        columns={[
          { head: t('history.when'), cell: ({ at }) => <Moment iso={at} /> },
          { head: t('history.what'), cell: ({ kind }) => t(`ledger.entry_${kind}`) },
          { head: t('orders.amount'), cell: ({ amount, currency }) => <Money amount={amount} currency={currency} /> },
          {
            head: t('orders.number'),
            cell: ({ order }) =>
              order === null ? (
                '–'
              ) : (
                <Anchor component={Link} href={`/orders/${order}`}>
                  {order}
                </Anchor>
              ),
          },
          {
            head: t('bots.reason'),
            cell: ({ reason, product_name, payment }) => <Word>{reason ?? product_name ?? payment}</Word>,
          },
        ]}
        empty={<Empty text={t('customers.no_movements')} />}
      />
    </section>
  )
}

const useCustomerHistory = (id: string) =>
  useList('customers', 'GET /api/customers/{id}/history', { limit: 50 }, { id })

type Ask = 'order' | 'block' | 'adjust' | 'erase'

function Actions({ customer }: { readonly customer: CustomerDetails }) {
  const { t } = useLocale()
  const may = useMay()
  const [asks, setAsks] = useState<Ask | undefined>(undefined)
  const params = { id: customer.id }
  const unblock = useAct({
    send: (_nothing: null) => call('POST /api/customers/{id}/unblock', { params }),
    stale: ['customers'],
    doneText: t('customers.unblocked'),
  })
  if (customer.erased_at !== null) return null
  return (
    <>
      {may('order.place') && customer.blocked_at === null && (
        <Button onClick={() => setAsks('order')}>{t('orders.place')}</Button>
      )}
      {may('balance.adjust') && (
        <Button variant="default" onClick={() => setAsks('adjust')}>
          {t('customers.adjust')}
        </Button>
      )}
      {may('customer.block') &&
        (customer.blocked_at === null ? (
          <Button variant="default" onClick={() => setAsks('block')}>
            {t('customers.block')}
          </Button>
        ) : (
          <Button variant="default" loading={unblock.isPending} onClick={() => unblock.mutate(null)}>
            {t('customers.unblock')}
          </Button>
        ))}
      {may('customer.erase') && (
        <Button variant="default" onClick={() => setAsks('erase')}>
          {t('customers.erase')}
        </Button>
      )}
      <Asked asks={asks} id={customer.id} name={nameOf(customer)} close={() => setAsks(undefined)} />
    </>
  )
}

interface AskedProps {
  readonly asks: Ask | undefined
  readonly id: string
  readonly name: string
  readonly close: () => void
}

function Asked(props: AskedProps) {
  const { asks, close } = props
  const { t } = useLocale()
  const params = { id: props.id }
  return (
    <>
      {asks === 'order' && <PlaceOrder customer={props.id} close={close} />}
      {asks === 'block' && (
        <AskSheet
          title={`${t('customers.block')}: ${props.name}`}
          submitText={t('customers.block')}
          close={close}
          stale={['customers']}
          isGrave
          fields={[{ name: 'reason', label: t('bots.reason'), kind: 'long' }]}
          send={({ reason = '' }) => call('POST /api/customers/{id}/block', { params, body: { reason } })}
        >
          {t('customers.block_detail')}
        </AskSheet>
      )}
      {asks === 'adjust' && (
        <AskSheet
          title={`${t('customers.adjust')}: ${props.name}`}
          submitText={t('customers.adjust')}
          close={close}
          stale={['customers']}
          fields={[
            { name: 'amount', label: t('orders.amount'), hint: t('customers.adjust_hint'), kind: 'amount' },
            {
              name: 'currency',
              label: t('period.currency'),
              kind: 'choice',
              value: 'USDT',
              choices: Object.keys(currencies).map((value) => ({ value, label: value })),
            },
            { name: 'reason', label: t('bots.reason'), kind: 'long' },
          ]}
          send={({ amount = '', currency = 'USDT', reason = '' }, idempotencyKey) =>
            call('POST /api/customers/{id}/adjust', {
              params,
              body: { amount: amount.trim(), currency: currency as Currency, reason },
              idempotencyKey,
            })
          }
        />
      )}
      {asks === 'erase' && (
        <AskSheet
          title={`${t('customers.erase')}: ${props.name}`}
          submitText={t('customers.erase')}
          close={close}
          stale={['customers']}
          isGrave
          fields={[{ name: 'with_balance', label: t('customers.with_balance'), kind: 'flag' }]}
          send={({ with_balance = '' }, idempotencyKey) =>
            call('POST /api/customers/{id}/erase', {
              params,
              body: { with_balance: with_balance === 'yes' },
              idempotencyKey,
            })
          }
        >
          {t('customers.erase_detail')}
        </AskSheet>
      )}
    </>
  )
}
