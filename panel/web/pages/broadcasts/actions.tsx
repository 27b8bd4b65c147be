import { Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { call } from '../../api/call.ts'
import type { Broadcast } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { useAct } from '../../parts/use-act.ts'
import { openSheet } from '../../shell/sheet-host.tsx'
import { toast } from '../../shell/toasts.tsx'

type Step = 'preview' | 'start' | 'pause' | 'resume' | 'cancel'

const stepsOf: Readonly<Record<Broadcast['state'], readonly Step[]>> = {
  draft: ['preview', 'start', 'cancel'],
  sending: ['preview', 'pause', 'cancel'],
  paused: ['preview', 'resume', 'cancel'],
  done: [],
  cancelled: [],
}

interface ActionProps {
  readonly broadcast: Broadcast
}

/** What may be done with a broadcast now; what reaches customers, or ends it, is asked twice. */
export function BroadcastActions({ broadcast }: ActionProps) {
  const steps = stepsOf[broadcast.state]
  if (steps.length === 0) return '–'
  return (
    <Group gap={6}>
      {steps.map((step) => (
        <StepButton key={step} step={step} broadcast={broadcast} />
      ))}
    </Group>
  )
}

function StepButton({ step, broadcast }: ActionProps & { readonly step: Step }): ReactNode {
  const { t } = useLocale()
  switch (step) {
    case 'preview':
      return <PreviewButton broadcast={broadcast} />
    case 'pause':
    case 'resume':
      return <PlainStep step={step} broadcast={broadcast} />
    case 'start':
    case 'cancel':
      return (
        <Button
          size="compact-sm"
          variant={step === 'start' ? 'filled' : 'default'}
          onClick={() => openSheet((close) => <StepSheet step={step} broadcast={broadcast} close={close} />)}
        >
          {t(`broadcasts.${step}`)}
        </Button>
      )
    default:
      return step satisfies never
  }
}

const take = (step: Exclude<Step, 'preview'>, id: number, idempotencyKey: string) =>
  call(`POST /api/broadcasts/{id}/${step}`, { params: { id: String(id) }, idempotencyKey })

function PlainStep({ step, broadcast }: ActionProps & { readonly step: 'pause' | 'resume' }) {
  const { t } = useLocale()
  const act = useAct({ send: (id: number, key: string) => take(step, id, key), stale: ['broadcasts'] })
  return (
    <Button size="compact-sm" variant="default" loading={act.isPending} onClick={() => act.mutate(broadcast.id)}>
      {t(`broadcasts.${step}`)}
    </Button>
  )
}

function PreviewButton({ broadcast }: ActionProps) {
  const { t } = useLocale()
  const act = useAct({
    send: (id: number, idempotencyKey: string) =>
      call('POST /api/broadcasts/{id}/preview', { params: { id: String(id) }, body: {}, idempotencyKey }),
    stale: ['messages'],
    onDone: ({ chats }) => toast('good', t('broadcasts.previewed', { count: chats })),
  })
  return (
    <Button size="compact-sm" variant="default" loading={act.isPending} onClick={() => act.mutate(broadcast.id)}>
      {t('broadcasts.preview')}
    </Button>
  )
}

function StepSheet(props: ActionProps & { readonly step: 'start' | 'cancel'; readonly close: () => void }) {
  const { step, broadcast, close } = props
  const { t } = useLocale()
  return (
    <AskSheet
      title={t(`broadcasts.${step}`)}
      submitText={t(`broadcasts.${step}`)}
      close={close}
      stale={['broadcasts']}
      fields={[]}
      isGrave={step === 'cancel'}
      send={(_values, key) => take(step, broadcast.id, key)}
    >
      {step === 'start' ? t('broadcasts.start_detail', { tenant: broadcast.tenant }) : t('broadcasts.cancel_detail')}
    </AskSheet>
  )
}
