import { Text } from '@mantine/core'
import { useBotEvents } from '../../api/bots.ts'
import type { EventView, InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { Latin, Moment, Word } from '../../parts/values.tsx'

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
  return (
    <Text size="sm">
      <bdi>
        {event.kind.replaceAll('_', ' ')} {event.from !== null && <>{event.from} → </>}
        {event.to !== null && <b>{event.to}</b>}
      </bdi>
    </Text>
  )
}

function Why({ event }: { readonly event: EventView }) {
  const details = Object.entries(event.details ?? {}).filter(([, value]) => value !== null)
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
