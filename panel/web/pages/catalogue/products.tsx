import { Anchor, Group, Text } from '@mantine/core'
import { Link } from 'wouter'
import { useList } from '../../api/list.ts'
import type { Product } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Count, Latin, Money, Word } from '../../parts/values.tsx'

export function Products() {
  const { t } = useLocale()
  const filter = useFilter()
  const list = useList('catalogue', 'GET /api/products', {
    archived: filter.get('archived') === 'true' ? 'true' : undefined,
    limit: 100,
  })
  return (
    <>
      <Group mb="md">
        <FilterChoice
          filter={filter}
          name="archived"
          label={t('orders.status')}
          choices={[{ value: 'true', label: t('catalogue.with_archived') }]}
        />
      </Group>
      <ListTable
        label={t('catalogue.products')}
        list={list}
        keyOf={({ id }) => id}
        columns={[
          { head: t('bots.name'), cell: (product) => <ProductName product={product} /> },
          { head: t('catalogue.category'), cell: ({ category }) => <Word>{category?.name}</Word> },
          {
            head: t('orders.base'),
            cell: ({ base_price, currency }) => <Money amount={base_price} currency={currency} />,
          },
          { head: t('stock.available'), cell: (product) => <Available product={product} /> },
          { head: t('stock.reserved'), cell: ({ stock }) => <Count value={stock.reserved} /> },
          { head: t('stock.sold'), cell: ({ stock }) => <Count value={stock.sold} /> },
          { head: t('orders.status'), cell: ({ status }) => <ProductBadge status={status} /> },
        ]}
        empty={<Empty text={t('catalogue.none')} />}
      />
    </>
  )
}

function ProductName({ product }: { readonly product: Product }) {
  return (
    <div className="named">
      <Anchor component={Link} href={`/catalogue/${product.id}`} fw={600}>
        <Word>{product.name}</Word>
      </Anchor>
      <Text size="xs" c="dimmed">
        <Latin>{product.id}</Latin>
      </Text>
    </div>
  )
}

function Available({ product }: { readonly product: Product }) {
  const { t } = useLocale()
  return (
    <Group gap={6}>
      <Count value={product.stock.available} />
      {product.low_stock && <Badge tone="warn">{t('stock.low')}</Badge>}
    </Group>
  )
}

export function ProductBadge({ status }: Pick<Product, 'status'>) {
  const { t } = useLocale()
  return <Badge tone={status === 'active' ? 'good' : 'calm'}>{t(`product.${status}`)}</Badge>
}
