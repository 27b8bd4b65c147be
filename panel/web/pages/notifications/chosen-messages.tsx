import { Button, Group, Paper, Text } from '@mantine/core'
import { call } from '../../api/call.ts'
import type { Message } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { useAct } from '../../parts/use-act.ts'
import { openSheet } from '../../shell/sheet-host.tsx'
import { toast } from '../../shell/toasts.tsx'

interface ChosenProps {
  readonly messages: readonly Message[]
  /** Called when something was done with them. */
  readonly done: () => void
}

const isDead = ({ state }: Message) => state === 'dead'
const isDroppable = ({ state }: Message) => state === 'dead' || state === 'queued'

/** What may be done with all chosen messages at once. */
export function ChosenMessages({ messages, done }: ChosenProps) {
  const { t } = useLocale()
  return (
    <Paper withBorder p="xs" mb="sm" role="region" aria-label={t('messages.chosen')}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {t('bulk.chosen', { count: messages.length })}
        </Text>
        <MessageActions messages={messages} done={done} />
        <Button size="compact-sm" variant="subtle" onClick={done}>
          {t('bulk.none')}
        </Button>
      </Group>
    </Paper>
  )
}

/** Delivering once more, and giving up; only what the messages' states allow is offered. */
export function MessageActions({ messages, done }: ChosenProps) {
  const { t } = useLocale()
  const redrive = useAct({
    send: (ids: number[], idempotencyKey) => call('POST /api/outbox/redrive', { body: { ids }, idempotencyKey }),
    stale: ['messages'],
    onDone: ({ redriven }) => {
      toast('good', t('messages.redriven', { count: redriven.length }))
      done()
    },
  })
  const ids = messages.map(({ id }) => id)
  return (
    <>
      {messages.every(isDead) && (
        <Button size="compact-sm" variant="default" loading={redrive.isPending} onClick={() => redrive.mutate(ids)}>
          {t('messages.redrive')}
        </Button>
      )}
      {messages.every(isDroppable) && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => openSheet((close) => <DropSheet ids={ids} close={close} done={done} />)}
        >
          {t('messages.drop')}
        </Button>
      )}
    </>
  )
}

function DropSheet(props: { readonly ids: number[]; readonly close: () => void; readonly done: () => void }) {
  const { t } = useLocale()
  return (
    <AskSheet
      title={t('messages.drop_title', { count: props.ids.length })}
      submitText={t('messages.drop')}
      fields={[]}
      stale={['messages']}
      close={props.close}
      isGrave
      send={(_none, idempotencyKey) => call('POST /api/outbox/drop', { body: { ids: props.ids }, idempotencyKey })}
      doneText={t('message.dropped')}
      onDone={props.done}
    >
      {t('messages.drop_detail')}
    </AskSheet>
  )
}
