import { useLocation } from 'wouter'
import { type Currency, currencies } from '../../../../domain/money.ts'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet, type Field } from '../../parts/ask-sheet.tsx'

/** The categories as choices, with none before them. */
export function useCategoryChoices(): NonNullable<Field['choices']> {
  const { t } = useLocale()
  const { rows = [] } = useList('catalogue', 'GET /api/categories', { limit: 200 })
  return [
    { value: '', label: t('catalogue.no_category') },
    ...rows.map(({ id, name }) => ({ value: String(id), label: name })),
  ]
}

/** Registers a product; it is hidden until somebody shows it. */
export function CreateProduct({ close }: { readonly close: () => void }) {
  const { t } = useLocale()
  const [, go] = useLocation()
  const categories = useCategoryChoices()
  return (
    <AskSheet
      title={t('catalogue.create')}
      submitText={t('catalogue.create')}
      close={close}
      stale={['catalogue']}
      fields={[
        { name: 'name', label: t('bots.name') },
        { name: 'description', label: t('catalogue.description'), kind: 'long', isOptional: true },
        { name: 'base_price', label: t('orders.base'), kind: 'amount' },
        {
          name: 'currency',
          label: t('period.currency'),
          kind: 'choice',
          value: 'USDT',
          choices: Object.keys(currencies).map((value) => ({ value, label: value })),
        },
        { name: 'category', label: t('catalogue.category'), kind: 'choice', choices: categories, isOptional: true },
        { name: 'shown', label: t('catalogue.show_at_once'), kind: 'flag' },
      ]}
      send={({ name = '', description = '', base_price = '', currency, category = '', shown }, idempotencyKey) =>
        call('POST /api/products', {
          body: {
            name: name.trim(),
            description,
            base_price: base_price.trim(),
            currency: currency as Currency,
            category: category === '' ? null : Number(category),
            status: shown === 'yes' ? 'active' : 'hidden',
          },
          idempotencyKey,
        })
      }
      onDone={(product) => go(`/catalogue/${product.id}`)}
    />
  )
}
