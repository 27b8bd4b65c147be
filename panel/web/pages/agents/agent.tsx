import { Button, Paper, SimpleGrid, Title } from '@mantine/core'
import { useState } from 'react'
import { useParams } from 'wouter'
import { agentIdOf } from '../../../../domain/tenant.ts'
import { call } from '../../api/call.ts'
import { useMay, useUser } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Agent } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Count, Latin, Moment } from '../../parts/values.tsx'
import { AgentBadge, Sold } from './agents.tsx'
import { AgentBots } from './bots.tsx'
import { Earnings } from './earnings.tsx'
import { Owners } from './owners.tsx'
import { ShopOf } from './shop.tsx'

/** One agent: its shop and how it looks, its bots, its owners, what it sold. */
export function AgentPage() {
  const { id } = useParams<{ id: string }>()
  return <AgentOf id={id} />
}

/** The same of one's own shop, for who sells in it. */
export function OwnShopPage() {
  const { tenant } = useUser()
  return <AgentOf id={agentIdOf(tenant ?? '')} />
}

function AgentOf({ id }: { readonly id: string }) {
  const query = useAnswer('agents', 'GET /api/agents/{id}', { params: { id } })
  return <Loaded query={query}>{(agent) => <AgentView agent={agent} />}</Loaded>
}

function AgentView({ agent }: { readonly agent: Agent }) {
  const { t } = useLocale()
  return (
    <>
      <PageHead title={agent.name}>
        <Actions agent={agent} />
      </PageHead>
      <SimpleGrid cols={{ base: 1, md: 2 }} mb="md">
        <Paper withBorder p="md">
          <Facts
            rows={[
              [t('orders.status'), <AgentBadge key="status" agent={agent} />],
              [t('bot.id'), <Latin key="id">{agent.id}</Latin>],
              [t('people.since'), <Moment key="since" iso={agent.created_at} day />],
              [t('nav.customers'), <Count key="customers" value={agent.customers} />],
              [t('agents.turnover'), <Sold key="turnover" agent={agent} what="turnover" />],
              [t('orders.profit'), <Sold key="profit" agent={agent} what="profit" />],
            ]}
          />
        </Paper>
        <Owners agent={agent} />
      </SimpleGrid>
      <Title order={2} size="h4" mb="xs">
        {t('nav.bots')}
      </Title>
      <AgentBots bots={agent.instances} />
      <Earnings id={agent.id} />
      <ShopOf tenant={agent.tenant} />
    </>
  )
}

function Actions({ agent }: { readonly agent: Agent }) {
  const { t } = useLocale()
  const may = useMay()
  const [asks, setAsks] = useState(false)
  const params = { id: agent.id }
  const resume = useAct({
    send: (_nothing: null) => call('POST /api/agents/{id}/resume', { params }),
    stale: ['agents', 'bots'],
    doneText: t('agents.resumed'),
  })
  if (!may('agent.manage')) return null
  return (
    <>
      {agent.status === 'active' ? (
        <Button variant="default" onClick={() => setAsks(true)}>
          {t('agents.pause')}
        </Button>
      ) : (
        <Button loading={resume.isPending} onClick={() => resume.mutate(null)}>
          {t('agents.resume')}
        </Button>
      )}
      {asks && (
        <AskSheet
          title={`${t('agents.pause')}: ${agent.name}`}
          submitText={t('agents.pause')}
          doneText={t('agents.paused')}
          close={() => setAsks(false)}
          stale={['agents', 'bots']}
          fields={[]}
          isGrave
          send={() => call('POST /api/agents/{id}/pause', { params })}
        >
          {t('agents.pause_detail')}
        </AskSheet>
      )}
    </>
  )
}
