import { Anchor, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import { useList } from '../../api/list.ts'
import { useUser } from '../../api/session.ts'
import type { Customer } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice, FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Count, Distance, Latin, Money, Word } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'

/** Who buys, the last seen first. */
export function CustomersPage() {
  const { t } = useLocale()
  const { role } = useUser()
  const filter = useFilter()
  const list = useList('customers', 'GET /api/customers', {
    q: filter.get('q') || undefined,
    tenant: filter.get('shop') || undefined,
    blocked: filter.get('blocked') === 'true' ? 'true' : undefined,
    limit: 50,
  })
  return (
    <>
      <PageHead title={t('nav.customers')} />
      <Group mb="md" gap="sm" align="flex-end">
        <FilterText filter={filter} name="q" label={t('bots.search')} hint={t('customers.search_hint')} />
        <FilterChoice
          filter={filter}
          name="blocked"
          label={t('orders.status')}
          choices={[{ value: 'true', label: t('customers.blocked') }]}
        />
        {role !== 'agent' && <FilterText filter={filter} name="shop" label={t('bot.tenant')} />}
      </Group>
      <ListTable
        label={t('nav.customers')}
        list={list}
        keyOf={({ id }) => id}
        columns={[
          { head: t('bots.name'), cell: (customer) => <Name customer={customer} /> },
          { head: t('bots.platform'), cell: ({ platform }) => t(platformText[platform]) },
          { head: t('bot.tenant'), cell: ({ tenant }) => <Word>{tenant}</Word> },
          { head: t('nav.orders'), cell: ({ orders }) => <Count value={orders} /> },
          { head: t('customers.balance'), cell: (customer) => <Balances customer={customer} /> },
          { head: t('sessions.seen'), cell: ({ last_seen_at }) => <Distance iso={last_seen_at} /> },
        ]}
        empty={<Empty text={t('customers.none')} />}
      />
    </>
  )
}

/** What people call a customer; the number or id where nobody knows a name. */
export function nameOf(customer: Pick<Customer, 'display_name' | 'username' | 'platform_user_id'>): string {
  return customer.display_name ?? customer.username ?? customer.platform_user_id
}

function Name({ customer }: { readonly customer: Customer }) {
  const { t } = useLocale()
  return (
    <div className="named">
      <Anchor component={Link} href={`/customers/${customer.id}`} fw={600}>
        <Word>{nameOf(customer)}</Word>
      </Anchor>{' '}
      {customer.blocked_at !== null && <Badge tone="bad">{t('customers.blocked')}</Badge>}
      {customer.erased_at !== null && <Badge tone="calm">{t('customers.erased')}</Badge>}
      <Text size="xs" c="dimmed">
        <Latin>{customer.platform_user_id}</Latin>
      </Text>
    </div>
  )
}

export function Balances({ customer }: { readonly customer: Pick<Customer, 'balances'> }) {
  if (customer.balances.length === 0) return '–'
  return customer.balances.map(({ amount, currency }) => (
    <div key={currency}>
      <Money amount={amount} currency={currency} />
    </div>
  ))
}
