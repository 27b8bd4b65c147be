import { Anchor, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import { orderStatuses } from '../../../../domain/shop.ts'
import { useList } from '../../api/list.ts'
import { useUser } from '../../api/session.ts'
import type { ListedOrder } from '../../api/views.ts'
import { type Locale, useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice, FilterText } from '../../parts/filter-inputs.tsx'
import { type Column, ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Count, Moment, Money, Word } from '../../parts/values.tsx'
import { orderWords } from '../../parts/words.ts'

/** What was bought, newest first. */
export function OrdersPage() {
  const { t } = useLocale()
  const { role } = useUser()
  const filter = useFilter()
  const status = orderStatuses.find((one) => one === filter.get('status'))
  const list = useList('orders', 'GET /api/orders', {
    status,
    product: filter.get('product') || undefined,
    customer: filter.get('customer') || undefined,
    tenant: filter.get('shop') || undefined,
    limit: 50,
  })
  return (
    <>
      <PageHead title={t('nav.orders')} />
      <Group mb="md" gap="sm" align="flex-end">
        <FilterChoice
          filter={filter}
          name="status"
          label={t('orders.status')}
          choices={orderStatuses.map((value) => ({ value, label: t(orderWords[value].text) }))}
        />
        <FilterText filter={filter} name="product" label={t('orders.product')} />
        {role !== 'agent' && <FilterText filter={filter} name="shop" label={t('bot.tenant')} />}
      </Group>
      <ListTable
        label={t('nav.orders')}
        list={list}
        columns={orderColumns(t)}
        keyOf={({ id }) => String(id)}
        empty={<Empty text={t('orders.none')} />}
      />
    </>
  )
}

/** What a list of orders shows. */
export function orderColumns(t: Locale['t']): Column<ListedOrder>[] {
  return [
    {
      head: t('orders.number'),
      isLabelled: true,
      cell: ({ id }) => (
        <Anchor component={Link} href={`/orders/${id}`} fw={600}>
          {id}
        </Anchor>
      ),
    },
    { head: t('history.when'), cell: ({ created_at }) => <Moment iso={created_at} /> },
    {
      head: t('orders.product'),
      cell: (order) => (
        <>
          <Count value={order.quantity} /> × <Word>{order.product_name}</Word>
        </>
      ),
    },
    {
      head: t('orders.customer'),
      cell: (order) => (
        <>
          <Anchor component={Link} href={`/customers/${order.customer}`}>
            <Word>{order.customer_name ?? order.customer}</Word>
          </Anchor>
          <Text size="xs" c="dimmed">
            <Word>{order.tenant}</Word>
          </Text>
        </>
      ),
    },
    { head: t('orders.total'), cell: ({ total, currency }) => <Money amount={total} currency={currency} /> },
    { head: t('orders.status'), cell: ({ status }) => <OrderBadge status={status} /> },
  ]
}

export function OrderBadge({ status }: { readonly status: ListedOrder['status'] }) {
  const { t } = useLocale()
  const { text, tone } = orderWords[status]
  return <Badge tone={tone}>{t(text)}</Badge>
}
