import { Button, CopyButton } from '@mantine/core'
import type { ReactNode } from 'react'
import { useLocale } from '../i18n/locale.tsx'
import { useNow } from './use-now.ts'

const none = '–'

/** A moment as the language writes it, `exact` to the second; its exact time on hover. */
export function Moment(props: {
  readonly iso: string | null | undefined
  readonly day?: boolean
  readonly exact?: boolean
}) {
  const { format } = useLocale()
  if (props.iso === null || props.iso === undefined) return none
  return (
    <time dateTime={props.iso} title={props.iso} className="number">
      <bdi>{format[props.day === true ? 'day' : props.exact === true ? 'second' : 'moment'](props.iso)}</bdi>
    </time>
  )
}

/** How far away a moment is, counting on. */
export function Distance(props: { readonly iso: string | null | undefined }) {
  const { format } = useLocale()
  const now = useNow()
  if (props.iso === null || props.iso === undefined) return none
  return (
    <time dateTime={props.iso} title={format.moment(props.iso)}>
      <bdi>{format.relative(props.iso, now)}</bdi>
    </time>
  )
}

export function Bytes(props: { readonly value: number | null }) {
  const { format } = useLocale()
  return <bdi className="number">{props.value === null ? none : format.bytes(props.value)}</bdi>
}

export function Percent(props: { readonly value: number | null }) {
  const { format } = useLocale()
  return <bdi className="number">{props.value === null ? none : format.percent(props.value)}</bdi>
}

export function Count(props: { readonly value: number | null }) {
  const { format } = useLocale()
  return <bdi className="number">{props.value === null ? none : format.number(props.value)}</bdi>
}

export function Money(props: { readonly amount: string | null; readonly currency: string }) {
  const { format } = useLocale()
  return <bdi className="number">{props.amount === null ? none : format.money(props.amount, props.currency)}</bdi>
}

/** A word of somebody else, such as a name: its direction stays within it. */
export function Word(props: { readonly children: string | null | undefined }) {
  return <bdi>{props.children ?? none}</bdi>
}

/** An address, id or number that is read from left to right in every language. */
export function Latin(props: { readonly children: ReactNode }) {
  return (
    <bdi dir="ltr" className="mono">
      {props.children ?? none}
    </bdi>
  )
}

export function Copy(props: { readonly value: string; readonly what: string }) {
  const { t } = useLocale()
  return (
    <CopyButton value={props.value}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="default" onClick={copy} aria-label={`${t('copy')}: ${props.what}`}>
          {t(copied ? 'copied' : 'copy')}
        </Button>
      )}
    </CopyButton>
  )
}
