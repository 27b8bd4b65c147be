import { Button, Group } from '@mantine/core'
import { lazy, type ReactNode } from 'react'
import type { Permission } from '../../../../domain/actor.ts'
import { isAllowed, type SubscriptionCommand } from '../../../../domain/subscription.ts'
import { useMay } from '../../api/session.ts'
import type { InstanceView } from '../../api/views.ts'
import type { TextKey } from '../../i18n/catalogue.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { MoreMenu } from '../../parts/more-menu.tsx'
import { openSheet } from '../../shell/sheet-host.tsx'
import { useTellBot } from './use-tell-bot.ts'

const PairingSheet = lazy(async () => ({ default: (await import('../bot/pairing-sheet.tsx')).PairingSheet }))
const PeriodSheet = lazy(async () => ({ default: (await import('./period-sheet.tsx')).PeriodSheet }))
const SuspendSheet = lazy(async () => ({ default: (await import('./grave-sheets.tsx')).SuspendSheet }))
const MoveSheet = lazy(async () => ({ default: (await import('./move-sheet.tsx')).MoveSheet }))
const DeleteSheet = lazy(async () => ({ default: (await import('./grave-sheets.tsx')).DeleteSheet }))
const ExpireSheet = lazy(async () => ({ default: (await import('./grave-sheets.tsx')).ExpireSheet }))

type Action =
  | 'approve'
  | 'pair'
  | 'start'
  | 'stop'
  | 'restart'
  | 'renew'
  | 'activate'
  | 'move'
  | 'expire'
  | 'suspend'
  | 'delete'

const permissionOf = {
  approve: 'instance.approve',
  pair: 'instance.pair',
  start: 'instance.start',
  stop: 'instance.stop',
  restart: 'instance.restart',
  renew: 'instance.renew',
  activate: 'instance.activate',
  move: 'instance.move',
  expire: 'instance.expire',
  suspend: 'instance.suspend',
  delete: 'instance.delete',
} as const satisfies Record<Action, Permission>

const textOf = {
  approve: 'action.approve',
  pair: 'action.pair',
  start: 'action.start',
  stop: 'action.stop',
  restart: 'action.restart',
  renew: 'action.renew',
  activate: 'action.activate',
  move: 'action.move',
  expire: 'action.expire',
  suspend: 'action.suspend',
  delete: 'action.delete',
} as const satisfies Record<Action, TextKey>

/** What may be done with a bot now, the most likely first; the rest in a menu. */
export function BotActions(props: { readonly bot: InstanceView }) {
  const { bot } = props
  const { t } = useLocale()
  const may = useMay()
  const tell = useTellBot()
  const possible = (Object.keys(permissionOf) as Action[]).filter(
    (action) => may(permissionOf[action]) && fits(action, bot),
  )
  const atHand = new Set(possible.filter((action) => isAtHand(action, bot)))
  const run = (action: Action) => {
    if (action === 'start' || action === 'stop' || action === 'restart' || action === 'activate') {
      tell.mutate({ id: bot.id, verb: action })
    } else openSheet((close) => <Opened action={action} bot={bot} close={close} />)
  }
  const others = possible.filter((action) => !atHand.has(action))
  return (
    <Group gap={6}>
      {[...atHand].map((action) => (
        <Button
          key={action}
          size="compact-sm"
          variant={action === 'approve' || action === 'renew' ? 'filled' : 'default'}
          loading={tell.isPending && tell.variables.verb === action}
          onClick={() => run(action)}
        >
          {t(textFor(action, bot))}
        </Button>
      ))}
      {others.length > 0 && (
        <MoreMenu
          name={bot.name}
          items={others.map((action) => ({ key: action, text: t(textFor(action, bot)), run: () => run(action) }))}
        />
      )}
    </Group>
  )
}

function Opened(props: { readonly action: Action; readonly bot: InstanceView; readonly close: () => void }): ReactNode {
  const { action, bot, close } = props
  switch (action) {
    case 'approve':
    case 'renew':
      return <PeriodSheet verb={action} bots={[bot]} close={close} />
    case 'suspend':
      return <SuspendSheet bots={[bot]} close={close} />
    case 'delete':
      return <DeleteSheet bot={bot} close={close} />
    case 'move':
      return <MoveSheet bot={bot} close={close} />
    case 'expire':
      return <ExpireSheet bot={bot} close={close} />
    case 'pair':
      return <PairingSheet bot={bot} close={close} />
    case 'start':
    case 'stop':
    case 'restart':
    case 'activate':
      return null
    default:
      return action satisfies never
  }
}

/** Seed 004 says Renew/Pay of what has expired. */
function textFor(action: Action, bot: InstanceView): TextKey {
  return action === 'renew' && bot.status === 'expired' ? 'action.renew_pay' : textOf[action]
}

function fits(action: Action, bot: InstanceView): boolean {
  if (!isAllowed(action satisfies SubscriptionCommand, bot.status)) return false
  if (action === 'pair') return bot.platform === 'whatsapp'
  if (action === 'start') return bot.desired === 'stopped'
  if (action === 'stop') return bot.status === 'approved' && bot.desired === 'running'
  return true
}

function isAtHand(action: Action, { status }: InstanceView): boolean {
  const first: Record<InstanceView['status'], readonly Action[]> = {
    new: ['approve', 'pair'],
    approved: ['pair', 'start', 'stop'],
    expired: ['renew'],
    suspended: ['activate'],
    deleted: [],
  }
  return first[status].includes(action)
}
