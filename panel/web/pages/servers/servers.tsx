import { Button, Group, Radio, SimpleGrid, Stack, Switch, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { confirmClock, drainServer, undrainServer, useServers } from '../../api/servers.ts'
import { useMay } from '../../api/session.ts'
import { useChange } from '../../api/use-change.ts'
import type { Servers, ServerView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { FormSheet } from '../../parts/sheet.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Moment } from '../../parts/values.tsx'
import { toast } from '../../shell/toasts.tsx'
import { ServerCard } from './server-card.tsx'

/** Every server of this database: how it is, and taking it out of service. */
export function ServersPage() {
  const { t } = useLocale()
  const query = useServers()
  return (
    <>
      <PageHead title={t('nav.servers')} />
      <Loaded query={query} height={240}>
        {(servers) => (
          <>
            <ExpiryPause servers={servers} />
            {servers.items.length === 0 ? (
              <Empty text={t('servers.none')} />
            ) : (
              <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
                {servers.items.map((server) => (
                  <Server key={server.name} server={server} isSelf={server.name === servers.self} />
                ))}
              </SimpleGrid>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function Server(props: { readonly server: ServerView; readonly isSelf: boolean }) {
  const { server } = props
  const { t } = useLocale()
  const may = useMay()
  const [asks, setAsks] = useState(false)
  const undrain = useAct({
    send: (name: string) => undrainServer(name),
    stale: ['servers', 'bots'],
    doneText: t('servers.undrained'),
  })
  return (
    <ServerCard server={server} isSelf={props.isSelf}>
      <Group gap="xs" mt="md">
        <Button component={Link} href={`/bots?server=${server.name}`} size="xs" variant="default">
          {t('servers.its_bots')}
        </Button>
        {may('server.drain') &&
          (server.draining ? (
            <Button size="xs" loading={undrain.isPending} onClick={() => undrain.mutate(server.name)}>
              {t('servers.undrain')}
            </Button>
          ) : (
            <Button size="xs" variant="default" onClick={() => setAsks(true)}>
              {t('servers.drain')}
            </Button>
          ))}
      </Group>
      {asks && <DrainSheet server={server} close={() => setAsks(false)} />}
    </ServerCard>
  )
}

function DrainSheet(props: { readonly server: ServerView; readonly close: () => void }) {
  const { server, close } = props
  const { t } = useLocale()
  const [pinned, setPinned] = useState<'stay' | 'stop'>('stay')
  const drain = useChange({
    send: drainServer,
    stale: ['servers', 'bots'],
    onDone: () => {
      toast('good', t('servers.drained'))
      close()
    },
  })
  return (
    <FormSheet
      title={t('servers.drain_title', { name: server.name })}
      close={close}
      submit={() => drain.mutate({ name: server.name, pinned })}
      submitText={t('servers.drain')}
      busy={drain.isPending}
      problem={drain.error}
    >
      <Text size="sm">
        {t('servers.drain_detail', { floating: server.floating, pinned: server.assigned - server.floating })}
      </Text>
      <Radio.Group
        label={t('servers.drain_pinned')}
        value={pinned}
        onChange={(value) => setPinned(value === 'stop' ? 'stop' : 'stay')}
      >
        <Stack gap={6} mt={6}>
          <Radio value="stay" label={t('servers.pinned_stay')} />
          <Radio value="stop" label={t('servers.pinned_stop')} />
        </Stack>
      </Radio.Group>
    </FormSheet>
  )
}

/** Expiry stands still because the database's clock jumped: somebody has to vouch for it. */
function ExpiryPause({ servers }: { readonly servers: Servers }) {
  const { t, format } = useLocale()
  const may = useMay()
  const [force, setForce] = useState(false)
  const pause = servers.expiry_pause
  const confirm = useAct({
    send: confirmClock,
    stale: ['servers', 'bots'],
    doneText: t('servers.clock_confirmed'),
  })
  if (pause === null) return null
  return (
    <Note isUrgent tone="bad" title={t('servers.expiry_stands')}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {t('servers.clock_jumped', { by: format.duration(Math.abs(pause.jump_ms)) })}{' '}
          <Moment iso={pause.noticed_at} />
        </Text>
        <Text size="sm">
          {t('servers.clock_says')} <Moment iso={servers.clock} />
        </Text>
        {may('server.confirm_clock') && (
          <>
            <Switch
              label={t('servers.clock_force')}
              checked={force}
              onChange={(event) => setForce(event.currentTarget.checked)}
            />
            <Button size="xs" loading={confirm.isPending} onClick={() => confirm.mutate({ force })}>
              {t('servers.clock_confirm')}
            </Button>
          </>
        )}
      </Stack>
    </Note>
  )
}
