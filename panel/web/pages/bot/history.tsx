import { Text } from '@mantine/core'
import { type PairingStep, pairingSteps } from '../../../../domain/pairing.ts'
import { useBotEvents } from '../../api/bots.ts'
import type { EventView, InstanceView } from '../../api/views.ts'
import type { TextKey } from '../../i18n/catalogue.ts'
import { type Locale, useLocale } from '../../i18n/locale.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { Latin, Moment, Word } from '../../parts/values.tsx'
import { stateWords, statusWords } from '../../parts/words.ts'

/** What happened to a bot, newest first: its changes, its restarts with their reasons and last lines. */
export function History({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  const list = useBotEvents(bot.id)
  return (
    <ListTable
      label={t('bot.tab_history')}
      list={list}
      keyOf={({ id }) => String(id)}
      columns={[
        { head: t('history.when'), cell: ({ at }) => <Moment iso={at} exact /> },
        { head: t('history.what'), cell: (event) => <What event={event} /> },
        { head: t('history.why'), cell: (event) => <Why event={event} /> },
        { head: t('bots.server'), cell: ({ server_name }) => <Word>{server_name}</Word> },
      ]}
      empty={<Empty text={t('history.none')} />}
    />
  )
}

function What({ event }: { readonly event: EventView }) {
  const { t } = useLocale()
  const kind = kindText[event.kind]
  const value = (word: string) => valueText(event.kind, word, t)
  return (
    <Text size="sm" component="div">
      {kind === undefined ? event.kind.replaceAll('_', ' ') : t(kind)}
      {event.to !== null && (
        <>
          {': '}
          {event.from !== null && (
            <>
              <bdi>{value(event.from)}</bdi> <span className="onward">→</span>{' '}
            </>
          )}
          <b>
            <bdi>{value(event.to)}</bdi>
          </b>
        </>
      )}
    </Text>
  )
}

const kindText: Readonly<Record<string, TextKey>> = {
  status: 'bots.status',
  desired: 'history.kind_desired',
  state: 'bots.state',
  server: 'bots.server',
  pairing: 'history.kind_pairing',
  worker_started: 'history.kind_worker_started',
  worker_adopted: 'history.kind_worker_adopted',
  worker_hung: 'history.kind_worker_hung',
  worker_over_memory: 'history.kind_worker_over_memory',
  worker_ended: 'history.kind_worker_ended',
}

/** What something changed to, in the words of the other pages; a server's name as it is. */
function valueText(kind: string, word: string, t: Locale['t']): string {
  if (kind === 'pairing')
    return pairingSteps.some((step) => step === word) ? t(`pairing.step_${word as PairingStep}`) : word
  const words: Readonly<Record<string, { readonly text: TextKey }>> = kind === 'status' ? statusWords : stateWords
  const text = kind === 'server' ? undefined : words[word]?.text
  return text === undefined ? word : t(text)
}

function Why({ event }: { readonly event: EventView }) {
  const details = Object.entries(event.details ?? {}).filter(([, value]) => value !== null)
  if (event.reason === null && details.length === 0) return null
  return (
    <Text size="sm" component="div" maw="40rem" style={{ overflowWrap: 'anywhere' }}>
      {event.reason !== null && <Word>{event.reason}</Word>}
      {details.map(([name, value]) => (
        <div key={name}>
          <Latin>
            {name}: {typeof value === 'string' ? value : JSON.stringify(value)}
          </Latin>
        </div>
      ))}
    </Text>
  )
}
