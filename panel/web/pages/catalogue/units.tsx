import { Anchor, Button, Group, Title } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay } from '../../api/session.ts'
import type { StockUnit } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterChoice } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Moment, Word } from '../../parts/values.tsx'
import type { Tone } from '../../parts/words.ts'

const states = ['available', 'reserved', 'sold', 'spoilt'] as const
const tones: Record<StockUnit['state'], Tone> = { available: 'good', reserved: 'busy', sold: 'calm', spoilt: 'bad' }

/** The units of a product, without their goods. */
export function Units({ product }: { readonly product: string }) {
  const { t } = useLocale()
  const may = useMay()
  const filter = useFilter()
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set())
  const [removes, setRemoves] = useState(false)
  const list = useList(
    'catalogue',
    'GET /api/products/{id}/stock',
    { state: states.find((one) => one === filter.get('state')), limit: 100 },
    { id: product },
  )
  return (
    <section>
      <Group justify="space-between" mb="xs" align="flex-end">
        <Title order={2} size="h4">
          {t('stock.units')}
        </Title>
        <Group align="flex-end">
          {chosen.size > 0 && (
            <Button variant="default" onClick={() => setRemoves(true)}>
              {t('stock.remove', { count: chosen.size })}
            </Button>
          )}
          <FilterChoice
            filter={filter}
            name="state"
            label={t('orders.status')}
            choices={states.map((value) => ({ value, label: t(`stock.${value}`) }))}
          />
        </Group>
      </Group>
      <ListTable
        label={t('stock.units')}
        list={list}
        keyOf={({ id }) => String(id)}
        selection={may('stock.remove') ? { chosen, choose } : undefined}
        columns={[
          {
            head: t('bot.id'),
            cell: ({ id, file_name }) => (
              <>
                {id} <Word>{file_name ?? ''}</Word>
              </>
            ),
          },
          { head: t('orders.status'), cell: ({ state }) => <Badge tone={tones[state]}>{t(`stock.${state}`)}</Badge> },
          { head: t('stock.added_at'), cell: ({ added_at }) => <Moment iso={added_at} /> },
          { head: t('sessions.from'), cell: ({ source }) => <Word>{source}</Word> },
          { head: t('orders.number'), cell: ({ order }) => <OrderLink order={order} /> },
        ]}
        empty={<Empty text={t('stock.none')} />}
      />
      {removes && (
        <AskSheet
          title={t('stock.remove', { count: chosen.size })}
          submitText={t('stock.remove', { count: chosen.size })}
          close={() => setRemoves(false)}
          stale={['catalogue']}
          isGrave
          fields={[{ name: 'spoil', label: t('stock.spoil'), hint: t('stock.spoil_hint'), isOptional: true }]}
          send={({ spoil = '' }, idempotencyKey) =>
            call('POST /api/products/{id}/stock/remove', {
              params: { id: product },
              body: {
                units: { ids: [...chosen].map(Number) },
                ...(spoil.trim() === '' ? {} : { spoil: spoil.trim() }),
              },
              idempotencyKey,
            })
          }
          onDone={() => choose(new Set())}
        >
          {t('stock.remove_detail')}
        </AskSheet>
      )}
    </section>
  )
}

function OrderLink({ order }: { readonly order: number | null }) {
  if (order === null) return '–'
  return (
    <Anchor component={Link} href={`/orders/${order}`}>
      {order}
    </Anchor>
  )
}
