import { Button, Paper, SimpleGrid, Title } from '@mantine/core'
import { useState } from 'react'
import { useParams } from 'wouter'
import { call, revisionOf } from '../../api/call.ts'
import { useMay } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Product } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { Count, Latin, Money, Word } from '../../parts/values.tsx'
import { useCategoryChoices } from './create-product.tsx'
import { Picture } from './picture.tsx'
import { ProductBadge } from './products.tsx'
import { Translations } from './translations.tsx'
import { Units } from './units.tsx'
import { Upload } from './upload.tsx'

/** One product: what the shop says of it, its stock, and adding goods. */
export function ProductPage() {
  const { id } = useParams<{ id: string }>()
  const query = useAnswer('catalogue', 'GET /api/products/{id}', { params: { id } })
  return <Loaded query={query}>{(product) => <ProductView product={product} />}</Loaded>
}

function ProductView({ product }: { readonly product: Product }) {
  const { t } = useLocale()
  const may = useMay()
  const [asks, setAsks] = useState<'edit' | 'archive' | undefined>(undefined)
  const isArchived = product.status === 'archived'
  return (
    <>
      <PageHead title={product.name}>
        {may('catalogue.edit') && !isArchived && (
          <>
            <Button variant="default" onClick={() => setAsks('edit')}>
              {t('catalogue.edit')}
            </Button>
            <Button variant="default" onClick={() => setAsks('archive')}>
              {t('catalogue.archive')}
            </Button>
          </>
        )}
      </PageHead>
      <SimpleGrid cols={{ base: 1, md: 2 }} mb="md">
        <About product={product} />
        <Stock product={product} />
      </SimpleGrid>
      {may('stock.add') && !isArchived && <Upload product={product.id} />}
      <Translations product={product} mayEdit={may('catalogue.edit') && !isArchived} />
      {may('catalogue.edit') && !isArchived && <Picture product={product} />}
      {may('stock.read') && <Units product={product.id} />}
      {asks === 'edit' && <EditSheet product={product} close={() => setAsks(undefined)} />}
      {asks === 'archive' && (
        <AskSheet
          title={`${t('catalogue.archive')}: ${product.name}`}
          submitText={t('catalogue.archive')}
          close={() => setAsks(undefined)}
          stale={['catalogue']}
          fields={[]}
          isGrave
          send={() => call('POST /api/products/{id}/archive', { params: { id: product.id } })}
        >
          {t('catalogue.archive_detail')}
        </AskSheet>
      )}
    </>
  )
}

function About({ product }: { readonly product: Product }) {
  const { t } = useLocale()
  return (
    <Paper withBorder p="md">
      {product.picture !== null && (
        <img
          className="picture"
          src={`/api/products/${product.id}/picture?v=${encodeURIComponent(product.picture.id)}`}
          alt={product.name}
        />
      )}
      <Facts
        rows={[
          [t('orders.status'), <ProductBadge key="status" status={product.status} />],
          [t('bot.id'), <Latin key="id">{product.id}</Latin>],
          [t('catalogue.category'), <Word key="category">{product.category?.name}</Word>],
          [t('orders.base'), <Money key="price" amount={product.base_price} currency={product.currency} />],
          [t('catalogue.agents_see'), t(product.visible_to_agents ? 'yes' : 'no')],
          [t('catalogue.limit'), <Count key="limit" value={product.limit_per_customer} />],
          [t('catalogue.description'), <Word key="description">{product.description || null}</Word>],
        ]}
      />
    </Paper>
  )
}

function Stock({ product }: { readonly product: Product }) {
  const { t } = useLocale()
  const { stock } = product
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        {t('stock.title')}
      </Title>
      <Facts
        rows={[
          [t('stock.available'), <Count key="available" value={stock.available} />],
          [t('stock.reserved'), <Count key="reserved" value={stock.reserved} />],
          [t('stock.sold'), <Count key="sold" value={stock.sold} />],
          [t('stock.spoilt'), <Count key="spoilt" value={stock.spoilt} />],
          [t('stock.warn_at'), <Count key="warn" value={product.low_stock_threshold} />],
        ]}
      />
    </Paper>
  )
}

function EditSheet({ product, close }: { readonly product: Product; readonly close: () => void }) {
  const { t } = useLocale()
  const categories = useCategoryChoices()
  const [revision] = useState(() => revisionOf('GET /api/products/{id}', { id: product.id }))
  const number = (text: string) => (text.trim() === '' ? null : Number(text))
  return (
    <AskSheet
      title={`${t('catalogue.edit')}: ${product.name}`}
      submitText={t('save')}
      close={close}
      stale={['catalogue']}
      fields={[
        { name: 'name', label: t('bots.name'), value: product.name },
        {
          name: 'description',
          label: t('catalogue.description'),
          kind: 'long',
          value: product.description,
          isOptional: true,
        },
        { name: 'base_price', label: t('orders.base'), kind: 'amount', value: product.base_price },
        {
          name: 'category',
          label: t('catalogue.category'),
          kind: 'choice',
          choices: categories,
          value: String(product.category?.id ?? ''),
          isOptional: true,
        },
        { name: 'shown', label: t('catalogue.shown'), kind: 'flag', value: product.status === 'active' ? 'yes' : '' },
        {
          name: 'agents',
          label: t('catalogue.agents_see'),
          kind: 'flag',
          value: product.visible_to_agents ? 'yes' : '',
        },
        {
          name: 'limit',
          label: t('catalogue.limit'),
          kind: 'amount',
          value: String(product.limit_per_customer ?? ''),
          isOptional: true,
        },
        {
          name: 'warn',
          label: t('stock.warn_at'),
          kind: 'amount',
          value: String(product.low_stock_threshold ?? ''),
          isOptional: true,
        },
      ]}
      send={({ name = '', description = '', base_price = '', category = '', shown, agents, limit = '', warn = '' }) =>
        call('PATCH /api/products/{id}', {
          params: { id: product.id },
          ifMatch: revision,
          body: {
            name: name.trim(),
            description,
            base_price: base_price.trim(),
            category: number(category),
            status: shown === 'yes' ? 'active' : 'hidden',
            visible_to_agents: agents === 'yes',
            limit_per_customer: number(limit),
            low_stock_threshold: number(warn),
          },
        })
      }
    />
  )
}
