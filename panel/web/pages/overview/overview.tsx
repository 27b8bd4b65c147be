import { SimpleGrid, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import { Link } from 'wouter'
import { useBots } from '../../api/bots.ts'
import { useServerInfo, useServers } from '../../api/servers.ts'
import { useMay, useUser } from '../../api/session.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { Count } from '../../parts/values.tsx'
import { columnsOf } from '../bots/columns.tsx'
import { ServerCard } from '../servers/server-card.tsx'
import { FirstSteps } from './first-steps.tsx'

/** How the fleet is: its servers, its bots by status, what needs somebody, what ends soon. */
export function OverviewPage() {
  const { t } = useLocale()
  const may = useMay()
  const { role } = useUser()
  return (
    <>
      <PageHead title={t('nav.overview')} />
      <Stack gap="xl">
        {may('server.read') && <Counts />}
        {may('instance.read') && <Troubled />}
        {may('instance.read') && <EndingSoon />}
        {may('server.read') && role !== 'agent' && <AllServers />}
      </Stack>
    </>
  )
}

function Counts() {
  const { t } = useLocale()
  const info = useServerInfo()
  return (
    <Loaded query={info} height={90}>
      {(counts) => (
        <>
          {counts.total_bots === 0 && <FirstSteps />}
          <SimpleGrid cols={{ base: 2, sm: 4 }}>
            <Tile text={t('overview.all')} value={counts.total_bots} href="/bots" />
            <Tile text={t('bots.tab_new')} value={counts.new_bots} href="/bots?tab=new" />
            <Tile text={t('bots.tab_approved')} value={counts.approved_bots} href="/bots?tab=approved" />
            <Tile text={t('bots.tab_expired')} value={counts.expired_bots} href="/bots?tab=expired" />
          </SimpleGrid>
        </>
      )}
    </Loaded>
  )
}

function Tile(props: { readonly text: string; readonly value: number; readonly href: string }) {
  return (
    <UnstyledButton component={Link} href={props.href} className="tile">
      <Text size="sm" c="dimmed">
        {props.text}
      </Text>
      <Text size="xl" fw={700}>
        <Count value={props.value} />
      </Text>
    </UnstyledButton>
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
