import { Group, Stack, Text } from '@mantine/core'
import { useMay } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Message } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Sheet } from '../../parts/sheet.tsx'
import { Count, Moment, Word } from '../../parts/values.tsx'
import { Wide } from '../../parts/wide.tsx'
import { messageWords } from '../../parts/words.ts'
import { MessageActions } from './chosen-messages.tsx'

/** One message with all that is known of it. */
export function MessageSheet(props: { readonly id: number; readonly title: string; readonly close: () => void }) {
  const { id, title, close } = props
  const may = useMay()
  const query = useAnswer('messages', 'GET /api/outbox/{id}', { params: { id: String(id) } })
  return (
    <Sheet title={title} close={close} size="lg">
      <Loaded query={query} height={300}>
        {(message) => (
          <Stack>
            <Known message={message} />
            {may('outbox.redrive') && (
              <Group>
                <MessageActions messages={[message]} done={() => undefined} />
              </Group>
            )}
          </Stack>
        )}
      </Loaded>
    </Sheet>
  )
}

function Known({ message }: { readonly message: Message }) {
  const { t } = useLocale()
  const { text, tone } = messageWords[message.state]
  return (
    <>
      <Facts
        rows={[
          [
            t('bots.state'),
            <Badge key="state" tone={tone}>
              {t(text)}
            </Badge>,
          ],
          [t('messages.waits_for'), <Word key="waits">{message.waits_for}</Word>],
          [t('messages.last_error'), <Word key="error">{message.last_error}</Word>],
          [t('messages.attempts'), <Count key="attempts" value={message.attempts} />],
          [
            t('messages.not_before'),
            <Moment key="next" iso={message.state === 'queued' ? message.not_before : null} />,
          ],
          [t('bot.tenant'), <Word key="tenant">{message.tenant}</Word>],
          [t('orders.customer'), <Word key="customer">{message.customer}</Word>],
          [t('messages.chat'), <Word key="chat">{message.chat}</Word>],
          [t('messages.bot'), <Word key="bot">{message.instance}</Word>],
          [t('messages.reference'), <Word key="reference">{message.reference}</Word>],
          [t('bots.created'), <Moment key="created" iso={message.created_at} />],
          [t('messages.ended'), <Moment key="ended" iso={message.ended_at} />],
        ]}
      />
      <Text size="sm" fw={600}>
        {t('messages.payload')}
      </Text>
      <Wide label={t('messages.payload')}>
        <pre className="mono" dir="ltr">
          {JSON.stringify(message.payload, null, 2)}
        </pre>
      </Wide>
    </>
  )
}
