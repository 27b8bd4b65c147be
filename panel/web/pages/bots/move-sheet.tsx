import { call } from '../../api/call.ts'
import { useServers } from '../../api/servers.ts'
import type { InstanceView, ServerView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { Sheet } from '../../parts/sheet.tsx'

interface MoveProps {
  readonly bot: InstanceView
  readonly close: () => void
}

/** Hands a bot over to another server: which, and whether also to one that cannot run it yet. */
export function MoveSheet({ bot, close }: MoveProps) {
  const { t } = useLocale()
  const query = useServers()
  const others = query.data?.items.filter(({ name }) => name !== bot.server_name)
  if (others !== undefined && others.length > 0) return <AskWhere bot={bot} servers={others} close={close} />
  return (
    <Sheet title={t('move.title', { name: bot.name })} close={close}>
      <Loaded query={query}>{() => <Empty text={t('move.none')} />}</Loaded>
    </Sheet>
  )
}

function AskWhere({ bot, servers, close }: MoveProps & { readonly servers: readonly ServerView[] }) {
  const { t } = useLocale()
  const choices = servers.map(({ name, alive, draining, assigned, capacity }) => {
    const room = t('servers.room', { used: assigned, of: capacity })
    const standing = draining ? t('servers.draining') : alive ? room : t('servers.away')
    return { value: name, label: `${name} (${standing})` }
  })
  return (
    <AskSheet
      title={t('move.title', { name: bot.name })}
      submitText={t('action.move')}
      close={close}
      stale={['bots', 'servers']}
      doneText={t('done.move')}
      fields={[
        { name: 'to', label: t('bots.server'), kind: 'choice', choices, value: choices[0]?.value ?? '', isLatin: true },
        { name: 'force', label: t('move.force'), kind: 'flag' },
      ]}
      send={({ to = '', force }, idempotencyKey) =>
        call('POST /api/instances/{id}/move', {
          params: { id: bot.id },
          body: { to, force: force === 'yes' },
          idempotencyKey,
        })
      }
    >
      {t('move.detail')}
    </AskSheet>
  )
}
