import { Title } from '@mantine/core'
import { useAnswer } from '../../api/use-answer.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { Distance, Money } from '../../parts/values.tsx'

/** What an agent has earned, and what of it may be withdrawn. */
export function Earnings({ id }: { readonly id: string }) {
  const { t } = useLocale()
  const query = useAnswer('agents', 'GET /api/agents/{id}/earnings', { params: { id } })
  return (
    <section>
      <Title order={2} size="h4" my="md">
        {t('earnings.title')}
      </Title>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={t('earnings.none')} />
          ) : (
            <RowTable
              label={t('earnings.title')}
              rows={items}
              keyOf={({ currency }) => currency}
              columns={[
                {
                  head: t('earnings.available'),
                  isLabelled: true,
                  cell: (row) => <Money amount={row.available} currency={row.currency} />,
                },
                { head: t('earnings.pending'), cell: (row) => <Money amount={row.pending} currency={row.currency} /> },
                { head: t('earnings.matures'), cell: (row) => <Distance iso={row.next_mature_at} /> },
                { head: t('earnings.held'), cell: (row) => <Money amount={row.held} currency={row.currency} /> },
                {
                  head: t('earnings.paid_out'),
                  cell: (row) => <Money amount={row.paid_out} currency={row.currency} />,
                },
                { head: t('earnings.debt'), cell: (row) => <Money amount={row.debt} currency={row.currency} /> },
              ]}
            />
          )
        }
      </Loaded>
    </section>
  )
}
