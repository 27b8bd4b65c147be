import { Anchor } from '@mantine/core'
import { Link } from 'wouter'
import type { Agent } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { StateBadge, StatusBadge } from '../../parts/badge.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { Distance, Word } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'

/** The bots of an agent's shop. */
export function AgentBots({ bots }: { readonly bots: Agent['instances'] }) {
  const { t } = useLocale()
  if (bots.length === 0) return <Empty text={t('agents.no_bots')} />
  return (
    <RowTable
      label={t('nav.bots')}
      rows={bots}
      keyOf={({ id }) => id}
      columns={[
        {
          head: t('bots.name'),
          cell: ({ id, name }) => (
            <Anchor component={Link} href={`/bots/${id}`} fw={600}>
              <Word>{name}</Word>
            </Anchor>
          ),
        },
        { head: t('bots.platform'), cell: ({ platform }) => t(platformText[platform]) },
        { head: t('bots.status'), cell: (bot) => <StatusBadge bot={bot} /> },
        { head: t('bots.state'), cell: ({ state }) => <StateBadge state={state} /> },
        { head: t('bots.expires'), cell: ({ expires_at }) => <Distance iso={expires_at} /> },
      ]}
    />
  )
}
