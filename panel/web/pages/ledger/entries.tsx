import { Group, Text } from '@mantine/core'
import { entryKinds } from '../../../../domain/ledger.ts'
import { useList } from '../../api/list.ts'
import type { AccountName, Entry } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { FilterChoice, FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Latin, Moment, Money, Word } from '../../parts/values.tsx'
import { accountText } from './account-words.ts'

/** Every fact that moved money, with its transfers, newest first. */
export function LedgerEntries() {
  const { t } = useLocale()
  const filter = useFilter()
  const list = useList('ledger', 'GET /api/ledger/entries', {
    tenant: filter.get('shop') || undefined,
    kind: entryKinds.find((one) => one === filter.get('kind')),
    order: filter.get('order') || undefined,
    customer: filter.get('customer') || undefined,
    limit: 50,
  })
  return (
    <>
      <Group mb="md" gap="sm" align="flex-end">
        <FilterChoice
          filter={filter}
          name="kind"
          label={t('ledger.kind')}
          choices={entryKinds.map((value) => ({ value, label: t(`ledger.entry_${value}`) }))}
        />
        <FilterText filter={filter} name="order" label={t('orders.number')} />
        <FilterText filter={filter} name="shop" label={t('bot.tenant')} />
      </Group>
      <ListTable
        label={t('ledger.entries')}
        list={list}
        keyOf={({ id }) => String(id)}
        columns={[
          { head: t('history.when'), cell: ({ at }) => <Moment iso={at} /> },
          { head: t('ledger.kind'), cell: ({ kind }) => t(`ledger.entry_${kind}`) },
          { head: t('ledger.reference'), cell: (entry) => <Fact entry={entry} /> },
          { head: t('ledger.transfers'), cell: (entry) => <Transfers entry={entry} /> },
          { head: t('ledger.by'), cell: ({ actor }) => <Word>{actor}</Word> },
        ]}
        empty={<Empty text={t('ledger.no_entries')} />}
      />
    </>
  )
}

function Fact({ entry }: { readonly entry: Entry }) {
  return (
    <Text size="sm" maw="14rem" style={{ overflowWrap: 'anywhere' }}>
      <Latin>{entry.reference}</Latin>
      {entry.reason !== null && (
        <Text size="xs" c="dimmed" component="span" display="block">
          <Word>{entry.reason}</Word>
        </Text>
      )}
    </Text>
  )
}

function Transfers({ entry }: { readonly entry: Entry }) {
  const { t } = useLocale()
  const place = ({ kind, tenant, customer, customer_name }: AccountName) =>
    `${accountText(t, kind)} (${customer === null ? tenant : (customer_name ?? customer)})`
  return entry.transfers.map(({ from, to, amount, currency }) => (
    <div key={`${from.id} ${to.id} ${amount}`}>
      <Money amount={amount} currency={currency} />:{' '}
      <Text size="xs" component="span">
        <Word>{place(from)}</Word> <bdi className="onward">→</bdi> <Word>{place(to)}</Word>
      </Text>
    </div>
  ))
}
