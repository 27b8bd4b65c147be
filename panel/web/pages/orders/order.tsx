import { Anchor, Button, Checkbox, Paper, SimpleGrid, Stack, Text, Textarea, Title } from '@mantine/core'
import { useState } from 'react'
import { Link, useParams } from 'wouter'
import { call } from '../../api/call.ts'
import { useMay } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useChange } from '../../api/use-change.ts'
import type { OrderDetails } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Facts } from '../../parts/facts.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { FormSheet } from '../../parts/sheet.tsx'
import { Count, Moment, Money, Word } from '../../parts/values.tsx'
import { toast } from '../../shell/toasts.tsx'
import { OrderBadge } from './orders.tsx'

/** One order: what was paid, who earned, its goods without their contents, its refunds. */
export function OrderPage() {
  const { id } = useParams<{ id: string }>()
  const query = useAnswer('orders', 'GET /api/orders/{id}', { params: { id } })
  return <Loaded query={query}>{(order) => <Order order={order} />}</Loaded>
}

function Order({ order }: { readonly order: OrderDetails }) {
  const { t } = useLocale()
  const may = useMay()
  const [refunds, setRefunds] = useState(false)
  const left = order.units.filter(({ refunded_at }) => refunded_at === null)
  const isRefundable = left.length > 0 && (order.status === 'paid' || order.status === 'partly_refunded')
  return (
    <>
      <PageHead title={t('orders.one', { id: String(order.id) })}>
        {may('order.refund') && isRefundable && (
          <Button variant="default" onClick={() => setRefunds(true)}>
            {t('orders.refund')}
          </Button>
        )}
      </PageHead>
      <SimpleGrid cols={{ base: 1, md: 2 }} mb="md">
        <Bought order={order} />
        <Paid order={order} />
      </SimpleGrid>
      <Title order={2} size="h4" mb="xs">
        {t('orders.refunds')}
      </Title>
      {order.refunds.length === 0 ? (
        <Empty text={t('orders.no_refunds')} />
      ) : (
        <RowTable
          label={t('orders.refunds')}
          rows={order.refunds}
          keyOf={({ id }) => String(id)}
          columns={[
            { head: t('history.when'), cell: ({ at }) => <Moment iso={at} /> },
            { head: t('orders.units'), cell: ({ units }) => <Count value={units} /> },
            { head: t('orders.amount'), cell: ({ amount }) => <Money amount={amount} currency={order.currency} /> },
            { head: t('bots.reason'), cell: ({ reason }) => <Word>{reason}</Word> },
            { head: t('periods.by'), cell: ({ actor }) => <Word>{actor}</Word> },
          ]}
        />
      )}
      {refunds && <RefundSheet order={order} units={left} close={() => setRefunds(false)} />}
    </>
  )
}

function Bought({ order }: { readonly order: OrderDetails }) {
  const { t } = useLocale()
  return (
    <Paper withBorder p="md">
      <Facts
        rows={[
          [t('orders.status'), <OrderBadge key="status" status={order.status} />],
          [t('orders.product'), <Word key="product">{order.product_name}</Word>],
          [t('orders.units'), <Count key="units" value={order.quantity} />],
          [
            t('orders.customer'),
            <Anchor key="customer" component={Link} href={`/customers/${order.customer}`}>
              <Word>{order.customer_name ?? order.customer}</Word>
            </Anchor>,
          ],
          [t('bot.tenant'), <Word key="tenant">{order.tenant}</Word>],
          [t('history.when'), <Moment key="when" iso={order.created_at} />],
          [t('orders.delivered'), <Moment key="delivered" iso={order.delivered_at} />],
        ]}
      />
    </Paper>
  )
}

function Paid({ order }: { readonly order: OrderDetails }) {
  const { t } = useLocale()
  const money = (name: string, amount: string | null) => <Money key={name} amount={amount} currency={order.currency} />
  return (
    <Paper withBorder p="md">
      <Facts
        rows={[
          [t('orders.base'), money('base', order.base_price)],
          [t('orders.markup'), money('markup', order.markup)],
          [t('orders.unit_price'), money('unit', order.unit_price)],
          [t('orders.discount'), money('discount', order.discount)],
          [t('orders.total'), money('total', order.total)],
          [t('orders.refunded'), money('refunded', order.refunded)],
          [t('orders.profit'), money('profit', order.profit?.amount ?? null)],
          [t('orders.matures'), <Moment key="matures" iso={order.profit?.mature_at} />],
        ]}
      />
    </Paper>
  )
}

interface RefundProps {
  readonly order: OrderDetails
  readonly units: OrderDetails['units']
  readonly close: () => void
}

/** Gives money back for all that is left of an order, or for some of its units. */
function RefundSheet({ order, units, close }: RefundProps) {
  const { t } = useLocale()
  const [chosen, choose] = useState<ReadonlySet<number>>(new Set(units.map(({ unit }) => unit)))
  const [reason, setReason] = useState('')
  const [restock, setRestock] = useState(false)
  const refund = useChange({
    send: (body: { units?: number[]; restock: boolean; reason: string }, idempotencyKey) =>
      call('POST /api/orders/{id}/refund', { params: { id: String(order.id) }, body, idempotencyKey }),
    stale: ['orders', 'customers', 'catalogue'],
    onDone: () => {
      toast('good', t('orders.refund_done'))
      close()
    },
  })
  const toggle = (unit: number) => {
    const next = new Set(chosen)
    if (!next.delete(unit)) next.add(unit)
    choose(next)
  }
  const isAll = chosen.size === units.length
  return (
    <FormSheet
      title={t('orders.refund_title', { id: String(order.id) })}
      close={close}
      submit={() => refund.mutate({ ...(isAll ? {} : { units: [...chosen] }), restock, reason: reason.trim() })}
      submitText={t('orders.refund')}
      busy={refund.isPending}
      problem={refund.error}
      disabled={chosen.size === 0 || reason.trim() === ''}
      isGrave
    >
      <Text size="sm">{t('orders.refund_detail')}</Text>
      <Stack gap={4} role="group" aria-label={t('orders.units')}>
        {units.map(({ unit, file_name }) => (
          <Checkbox
            key={unit}
            label={file_name === null ? t('orders.unit', { id: String(unit) }) : file_name}
            checked={chosen.has(unit)}
            onChange={() => toggle(unit)}
          />
        ))}
      </Stack>
      <Checkbox
        label={t('orders.restock')}
        description={t('orders.restock_hint')}
        checked={restock}
        onChange={(event) => setRestock(event.currentTarget.checked)}
      />
      <Textarea
        label={t('bots.reason')}
        required
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </FormSheet>
  )
}
