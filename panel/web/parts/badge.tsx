import type { InstanceView } from '../api/views.ts'
import { useLocale } from '../i18n/locale.tsx'
import { stateWords, statusWords, type Tone } from './words.ts'

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

/** A bot's subscription; of an active one that is not meant to run, that. */
export function StatusBadge({ bot }: { readonly bot: Pick<InstanceView, 'status' | 'desired'> }) {
  const { t } = useLocale()
  const isPaused = bot.status === 'approved' && bot.desired === 'stopped'
  const { text, tone } = isPaused ? ({ text: 'status.paused', tone: 'calm' } as const) : statusWords[bot.status]
  return <Badge tone={tone}>{t(text)}</Badge>
}
