import type { InstanceView } from '../api/views.ts'
import type { TextKey } from '../i18n/catalogue.ts'
import { useLocale } from '../i18n/locale.tsx'
import { stateWords, type Tone } from './words.ts'

export function Badge(props: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className="badge" data-tone={props.tone}>
      {props.children}
    </span>
  )
}

/** What a bot does at the moment. */
export function StateBadge(props: { readonly state: InstanceView['state'] }) {
  const { t } = useLocale()
  const { text, tone } = stateWords[props.state]
  return <Badge tone={tone}>{t(text)}</Badge>
}

/** A bot's subscription in the words of seed 004: Pending Approval, Active, Expired - Payment Required. */
export function StatusBadge(props: { readonly bot: Pick<InstanceView, 'status' | 'desired'> }) {
  const { t } = useLocale()
  const { text, tone } = wordsOf(props.bot)
  return <Badge tone={tone}>{t(text)}</Badge>
}

function wordsOf({ status, desired }: Pick<InstanceView, 'status' | 'desired'>): { text: TextKey; tone: Tone } {
  switch (status) {
    case 'new':
      return { text: 'status.new', tone: 'warn' }
    case 'approved':
      return desired === 'stopped' ? { text: 'status.paused', tone: 'calm' } : { text: 'status.active', tone: 'good' }
    case 'expired':
      return { text: 'status.expired', tone: 'bad' }
    case 'suspended':
      return { text: 'status.suspended', tone: 'bad' }
    case 'deleted':
      return { text: 'status.deleted', tone: 'calm' }
    default:
      return status satisfies never
  }
}
