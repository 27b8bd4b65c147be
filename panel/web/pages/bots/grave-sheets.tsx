import { Text, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { FormSheet } from '../../parts/sheet.tsx'
import { useTellBot } from './use-tell-bot.ts'
import { useTellEach } from './use-tell-each.ts'

interface OneBot {
  readonly bot: InstanceView
  readonly close: () => void
}

/** Deleting asks for the name: it does not come back. */
export function DeleteSheet({ bot, close }: OneBot) {
  const { t } = useLocale()
  const [typed, setTyped] = useState('')
  const [, go] = useLocation()
  const tell = useTellBot(() => {
    close()
    go('/bots')
  })
  return (
    <FormSheet
      title={t('delete.title', { name: bot.name })}
      close={close}
      submit={() => tell.mutate({ id: bot.id, verb: 'delete' })}
      submitText={t('action.delete')}
      busy={tell.isPending}
      problem={tell.error}
      disabled={typed.trim() !== bot.id}
      isGrave
    >
      <Text>{t('delete.detail')}</Text>
      <TextInput
        label={t('delete.type', { id: bot.id })}
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </FormSheet>
  )
}

export function ExpireSheet({ bot, close }: OneBot) {
  const { t } = useLocale()
  const tell = useTellBot(close)
  return (
    <FormSheet
      title={t('expire.title', { name: bot.name })}
      close={close}
      submit={() => tell.mutate({ id: bot.id, verb: 'expire' })}
      submitText={t('action.expire')}
      busy={tell.isPending}
      problem={tell.error}
      isGrave
    >
      <Text>{t('expire.detail')}</Text>
    </FormSheet>
  )
}

/** Suspends one bot or many, with a reason that everybody sees. */
export function SuspendSheet(props: {
  readonly bots: readonly InstanceView[]
  readonly close: () => void
  readonly done?: () => void
}) {
  const { bots, close } = props
  const { t } = useLocale()
  const [reason, setReason] = useState('')
  const tell = useTellEach(props.done ?? close)
  return (
    <FormSheet
      title={t('suspend.title', { count: bots.length })}
      close={close}
      submit={() => tell.mutate(bots.map(({ id }) => ({ id, verb: 'suspend', body: { reason: reason.trim() } })))}
      submitText={t('action.suspend')}
      busy={tell.isPending}
      problem={tell.error}
      disabled={reason.trim() === ''}
      isGrave
    >
      <Text size="sm">{t('suspend.detail')}</Text>
      <Textarea
        label={t('suspend.reason')}
        description={t('suspend.reason_hint')}
        required
        maxLength={500}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </FormSheet>
  )
}
