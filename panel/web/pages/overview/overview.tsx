import { SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Link } from 'wouter'
import { agentIdOf } from '../../../../domain/tenant.ts'
import { useBots } from '../../api/bots.ts'
import { useServers } from '../../api/servers.ts'
import { useMay, useUser } from '../../api/session.ts'
import type { ServerView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { Count } from '../../parts/values.tsx'
import { type BotTab, columnsOf, tabs } from '../bots/columns.tsx'
import { ServerCard } from '../servers/server-card.tsx'
import { FirstSteps } from './first-steps.tsx'

const Earnings = lazy(async () => ({ default: (await import('../agents/earnings.tsx')).Earnings }))

/** How the fleet is: its servers, its bots by status, what needs somebody, what ends soon; for an agent first what it earned. */
export function OverviewPage() {
  const { t } = useLocale()
  const may = useMay()
  const { role, tenant } = useUser()
  return (
    <>
      <PageHead title={t('nav.overview')} />
      <Stack gap="xl">
        {may('server.read') && <Counts />}
        {role === 'agent' && tenant !== null && (
          <Suspense fallback={<Skeleton h={90} />}>
            <Earnings id={agentIdOf(tenant)} />
          </Suspense>
        )}
        {may('instance.read') && <Troubled />}
        {may('instance.read') && <EndingSoon />}
        {may('server.read') && <AllServers />}
      </Stack>
    </>
  )
}

/** Bots of all servers by their subscription, each leading to its section. */
function Counts() {
  const { t } = useLocale()
  const servers = useServers()
  return (
    <Loaded query={servers} height={90}>
      {({ items }) => {
        const sum = (countOf: (server: ServerView) => number | undefined) =>
          items.reduce((before, server) => before + (countOf(server) ?? 0), 0)
        const counts: Record<BotTab, number> = {
          new: sum(({ by_status }) => by_status['new']),
          approved: sum(({ by_status }) => by_status['approved']),
          expired: sum(({ by_status }) => by_status['expired']),
          problems: sum(({ troubled }) => troubled),
          suspended: sum(({ by_status }) => by_status['suspended']),
        }
        return (
          <>
            {Object.values(counts).every((count) => count === 0) && <FirstSteps />}
            <div className="tiles">
              {tabs.map((tab) => (
                <Tile key={tab} text={t(`bots.tab_${tab}`)} value={counts[tab]} href={`/bots?tab=${tab}`} />
              ))}
            </div>
          </>
        )
      }}
    </Loaded>
  )
}

function Tile(props: { readonly text: string; readonly value: number; readonly href: string }) {
  return (
    <Link href={props.href} className="tile">
      <Text size="sm" c="dimmed">
        {props.text}
      </Text>
      <Text size="xl" fw={700}>
        <Count value={props.value} />
      </Text>
    </Link>
  )
}

function Troubled() {
  const { t } = useLocale()
  const list = useBots({ status: 'trouble', server: '*' })
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('overview.troubled')}
      </Title>
      <ListTable
        label={t('overview.troubled')}
        list={list}
        columns={columnsOf('problems', t)}
        keyOf={({ id }) => id}
        empty={<Empty text={t('overview.no_trouble')} />}
      />
    </section>
  )
}

function EndingSoon() {
  const { t } = useLocale()
  const list = useBots({ server: '*', expiring_within: '7d' })
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('overview.ending')}
      </Title>
      <ListTable
        label={t('overview.ending')}
        list={list}
        columns={columnsOf('expired', t)}
        keyOf={({ id }) => id}
        empty={<Empty text={t('overview.none_ending')} />}
      />
    </section>
  )
}

function AllServers() {
  const { t } = useLocale()
  const query = useServers()
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('nav.servers')}
      </Title>
      <Loaded query={query}>
        {({ items, self }) => (
          <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
            {items.map((server) => (
              <ServerCard key={server.name} server={server} isSelf={server.name === self} />
            ))}
          </SimpleGrid>
        )}
      </Loaded>
    </section>
  )
}
