import { Group, NativeSelect, Radio, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Currency, currencies } from '../../../../domain/money.ts'
import { type Months, monthOptions, parseMonths } from '../../../../domain/subscription.ts'
import { useTerms } from '../../api/bots.ts'
import { useServerTraits } from '../../api/session.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { FormSheet } from '../../parts/sheet.tsx'
import { Moment, Word } from '../../parts/values.tsx'
import { useTellEach } from './use-tell-each.ts'

interface PeriodProps {
  readonly verb: 'approve' | 'renew'
  readonly bots: readonly InstanceView[]
  readonly close: () => void
  readonly done?: () => void
}

/** Approves or renews one bot or many: for how long, until when that is, and what was paid for it. */
export function PeriodSheet({ verb, bots, close, done }: PeriodProps) {
  const { t } = useLocale()
  const { days_per_month: days } = useServerTraits()
  const [months, setMonths] = useState<Months>(monthOptions[0])
  const [paid, setPaid] = useState<Paid>({ price: '', currency: 'USDT', payment: '' })
  const tell = useTellEach(done ?? close)
  return (
    <FormSheet
      title={t(`period.${verb}`, { count: bots.length, name: bots[0]?.name ?? '' })}
      close={close}
      submit={() =>
        tell.mutate(bots.map(({ id }) => ({ id, verb, body: { duration_months: months, ...paymentOf(paid) } })))
      }
      submitText={t(`action.${verb}`)}
      busy={tell.isPending}
      problem={tell.error}
    >
      <Radio.Group
        label={t('period.months')}
        value={String(months)}
        onChange={(value) => setMonths(parseMonths(value))}
      >
        <Stack gap={6} mt={6}>
          {monthOptions.map((option) => (
            <Radio
              key={option}
              value={String(option)}
              label={`${t('period.option', { count: option })} (${t('period.days', { count: option * days })})`}
              {...(option === months ? { 'data-autofocus': true } : {})}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Ends bots={bots} months={months} />
      <PaidFields paid={paid} change={setPaid} />
    </FormSheet>
  )
}

/** When the period of each ends, which the server counts; the answer to the change says it exactly. */
function Ends({ bots, months }: { readonly bots: readonly InstanceView[]; readonly months: number }) {
  const { t } = useLocale()
  return (
    <div aria-live="polite">
      {bots.slice(0, 5).map((bot) => (
        <End key={bot.id} bot={bot} months={months} />
      ))}
      {bots.length > 5 && <Text size="sm">{t('period.and_more', { count: bots.length - 5 })}</Text>}
    </div>
  )
}

function End({ bot, months }: { readonly bot: InstanceView; readonly months: number }) {
  const { t } = useLocale()
  const terms = useTerms(bot.id)
  const end = terms.data?.items.find((item) => item.months === months)?.ends_at
  return (
    <Text size="sm">
      <Word>{bot.name}</Word>
      {end !== undefined && (
        <>
          : {t('period.until')} <Moment iso={end} />
        </>
      )}
    </Text>
  )
}

interface Paid {
  readonly price: string
  readonly currency: Currency
  readonly payment: string
}

function paymentOf({ price, currency, payment }: Paid): Partial<Paid> {
  if (price.trim() === '') return {}
  return { price: price.trim(), currency, ...(payment.trim() === '' ? {} : { payment: payment.trim() }) }
}

function PaidFields(props: { readonly paid: Paid; readonly change: (paid: Paid) => void }) {
  const { paid, change } = props
  const { t } = useLocale()
  return (
    <>
      <Group align="flex-end" grow>
        <TextInput
          label={t('period.price')}
          inputMode="decimal"
          value={paid.price}
          onChange={(event) => change({ ...paid, price: event.currentTarget.value })}
        />
        <NativeSelect
          label={t('period.currency')}
          data={Object.keys(currencies)}
          value={paid.currency}
          onChange={(event) => change({ ...paid, currency: event.currentTarget.value as Currency })}
        />
      </Group>
      <TextInput
        label={t('period.payment')}
        maxLength={200}
        disabled={paid.price.trim() === ''}
        value={paid.payment}
        onChange={(event) => change({ ...paid, payment: event.currentTarget.value })}
      />
    </>
  )
}
