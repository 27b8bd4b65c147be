import { Group, Text } from '@mantine/core'
import { useAnswer } from '../../api/use-answer.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { FilterText } from '../../parts/filter-inputs.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Count, Money, Word } from '../../parts/values.tsx'
import { accountText } from './account-words.ts'

/** What every shop has, owes, earned and was paid. */
export function LedgerBalances() {
  const { t } = useLocale()
  const filter = useFilter()
  const query = useAnswer('ledger', 'GET /api/ledger/balances', {
    query: { tenant: filter.get('shop') || undefined },
  })
  return (
    <>
      <Group mb="md" align="flex-end">
        <FilterText filter={filter} name="shop" label={t('bot.tenant')} />
      </Group>
      <Text size="sm" mb="md">
        {t('ledger.sum_hint')}
      </Text>
      <Loaded query={query} height={280} isSearch>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={t('ledger.no_balances')} />
          ) : (
            <RowTable
              label={t('ledger.balances')}
              rows={items}
              keyOf={({ tenant, kind, currency }) => `${tenant} ${kind} ${currency}`}
              columns={[
                { head: t('bot.tenant'), cell: ({ tenant }) => <Word>{tenant}</Word> },
                { head: t('ledger.account'), cell: ({ kind }) => accountText(t, kind) },
                {
                  head: t('customers.balance'),
                  cell: ({ balance, currency }) => <Money amount={balance} currency={currency} />,
                },
                { head: t('ledger.accounts'), cell: ({ accounts }) => <Count value={accounts} /> },
              ]}
            />
          )
        }
      </Loaded>
    </>
  )
}
