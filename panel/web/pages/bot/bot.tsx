import { Group, Skeleton, Tabs } from '@mantine/core'
import { type ComponentType, lazy, Suspense } from 'react'
import { useParams, useSearchParams } from 'wouter'
import type { Permission } from '../../../../domain/actor.ts'
import { useBot } from '../../api/bots.ts'
import { useMay } from '../../api/session.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { StateBadge, StatusBadge } from '../../parts/badge.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { BotActions } from '../bots/bot-actions.tsx'
import { History } from './history.tsx'
import { Now } from './now.tsx'
import { Periods } from './periods.tsx'
import { BotSettings } from './settings.tsx'

const Pairing = lazy(async () => ({ default: (await import('./pairing.tsx')).Pairing }))
const Log = lazy(async () => ({ default: (await import('./log.tsx')).Log }))

interface Part {
  readonly name: 'now' | 'pairing' | 'log' | 'history' | 'periods' | 'settings'
  readonly permission: Permission
  readonly Content: ComponentType<{ readonly bot: InstanceView }>
}

const parts: readonly Part[] = [
  { name: 'now', permission: 'instance.read', Content: Now },
  { name: 'pairing', permission: 'instance.pair', Content: Pairing },
  { name: 'log', permission: 'instance.logs', Content: Log },
  { name: 'history', permission: 'instance.read', Content: History },
  { name: 'periods', permission: 'instance.read', Content: Periods },
  { name: 'settings', permission: 'instance.edit', Content: BotSettings },
]

/** Everything about one bot. */
export function BotPage() {
  const { id } = useParams<{ id: string }>()
  const query = useBot(id)
  return <Loaded query={query}>{(bot) => <Bot key={bot.id} bot={bot} />}</Loaded>
}

function Bot({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  const may = useMay()
  const [params, setParams] = useSearchParams()
  const shown = parts.filter(
    ({ name, permission }) => may(permission) && (name !== 'pairing' || bot.platform === 'whatsapp'),
  )
  const tab = shown.find(({ name }) => name === params.get('tab'))?.name ?? 'now'
  return (
    <>
      <PageHead title={bot.name}>
        <BotActions bot={bot} />
      </PageHead>
      <Group gap="xs" mb="md">
        <StatusBadge bot={bot} />
        <StateBadge state={bot.state} />
      </Group>
      <Tabs value={tab} onChange={(next) => setParams({ tab: next ?? 'now' }, { replace: true })} keepMounted={false}>
        <Tabs.List mb="md">
          {shown.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {t(`bot.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {shown.map(({ name, Content }) => (
          <Tabs.Panel key={name} value={name}>
            <Suspense fallback={<Skeleton h={200} />}>
              <Content bot={bot} />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  )
}
