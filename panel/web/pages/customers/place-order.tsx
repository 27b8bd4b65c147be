import { useLocation } from 'wouter'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'

/** Orders for a customer, from the customer's own balance. */
export function PlaceOrder(props: { readonly customer: string; readonly close: () => void }) {
  const { t, format } = useLocale()
  const [, go] = useLocation()
  const { rows = [] } = useList('catalogue', 'GET /api/products', { limit: 500 })
  const onSale = rows.filter(({ status }) => status === 'active')
  return (
    <AskSheet
      title={t('orders.place')}
      submitText={t('orders.place')}
      close={props.close}
      stale={['orders', 'customers', 'catalogue']}
      fields={[
        {
          name: 'product',
          label: t('orders.product'),
          kind: 'choice',
          choices: [
            { value: '', label: t('orders.choose_product') },
            ...onSale.map(({ id, name, base_price, currency, stock }) => ({
              value: id,
              label: `${name}, ${format.money(base_price, currency)} (${format.number(stock.available)})`,
            })),
          ],
        },
        { name: 'quantity', label: t('orders.quantity'), kind: 'amount', value: '1' },
      ]}
      send={({ product = '', quantity = '' }, idempotencyKey) =>
        call('POST /api/orders', {
          body: { customer: props.customer, product, quantity: Number(quantity) },
          idempotencyKey,
        })
      }
      onDone={({ id }) => go(`/orders/${id}`)}
    >
      {t('orders.place_detail')}
    </AskSheet>
  )
}
