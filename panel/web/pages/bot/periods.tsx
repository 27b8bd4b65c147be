import { useBotPeriods } from '../../api/bots.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { Count, Moment, Money, Word } from '../../parts/values.tsx'

/** The paid stretches of a subscription. */
export function Periods({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  const query = useBotPeriods(bot.id)
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty text={t('periods.none')} />
        ) : (
          <RowTable
            label={t('bot.tab_periods')}
            rows={items}
            keyOf={({ created_at }) => created_at}
            columns={[
              { head: t('periods.from'), isLabelled: true, cell: ({ starts_at }) => <Moment iso={starts_at} day /> },
              { head: t('periods.to'), cell: ({ ends_at }) => <Moment iso={ends_at} day /> },
              { head: t('bots.months'), cell: ({ months }) => <Count value={months} /> },
              {
                head: t('period.price'),
                cell: ({ price, currency }) => <Money amount={price} currency={currency ?? ''} />,
              },
              { head: t('period.payment'), cell: ({ payment }) => <Word>{payment}</Word> },
              { head: t('periods.by'), cell: ({ created_by }) => <Word>{created_by}</Word> },
            ]}
          />
        )
      }
    </Loaded>
  )
}
