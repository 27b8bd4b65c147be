import { Button, Group, Paper, Title } from '@mantine/core'
import { useState } from 'react'
import { platforms } from '../../../../domain/instance.ts'
import { call } from '../../api/call.ts'
import { useMay } from '../../api/session.ts'
import type { Agent } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { Note } from '../../parts/note.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Copy, Latin, Moment } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'

/** The chat identities that own a shop. */
export function Owners({ agent }: { readonly agent: Agent }) {
  const { t } = useLocale()
  const may = useMay()
  const [adds, setAdds] = useState(false)
  const params = { id: agent.id }
  const claim = useAct({
    send: (_nothing: null) => call('POST /api/agents/{id}/claim-links', { params }),
    stale: [],
  })
  const remove = useAct({
    send: ({ platform, platform_user_id }: Agent['owners'][number]) =>
      call('DELETE /api/agents/{id}/owners/{platform}/{platform_user_id}', {
        params: { id: agent.id, platform, platform_user_id },
      }),
    stale: ['agents'],
    doneText: t('saved'),
  })
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        {t('agents.owners')}
      </Title>
      {claim.data !== undefined && <ClaimLink link={claim.data} />}
      {agent.owners.length === 0 ? (
        <Empty text={t('agents.no_owners')} />
      ) : (
        <RowTable
          label={t('agents.owners')}
          rows={agent.owners}
          keyOf={({ platform, platform_user_id }) => `${platform} ${platform_user_id}`}
          columns={[
            { head: t('bots.platform'), cell: ({ platform }) => t(platformText[platform]) },
            {
              head: t('bot.id'),
              cell: ({ platform_user_id }) => <Latin>{platform_user_id}</Latin>,
            },
            { head: t('people.since'), cell: ({ linked_at }) => <Moment iso={linked_at} day /> },
            ...(may('agent.manage')
              ? [
                  {
                    head: t('bots.actions'),
                    cell: (owner: Agent['owners'][number]) => (
                      <Button size="compact-sm" variant="default" onClick={() => remove.mutate(owner)}>
                        {t('agents.remove_owner')}
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {may('agent.manage') && (
        <Group mt="md">
          <Button size="xs" variant="default" onClick={() => setAdds(true)}>
            {t('agents.add_owner')}
          </Button>
          <Button size="xs" variant="default" loading={claim.isPending} onClick={() => claim.mutate(null)}>
            {t('agents.claim')}
          </Button>
        </Group>
      )}
      {adds && <AddOwner agent={agent} close={() => setAdds(false)} />}
    </Paper>
  )
}

function AddOwner({ agent, close }: { readonly agent: Agent; readonly close: () => void }) {
  const { t } = useLocale()
  return (
    <AskSheet
      title={t('agents.add_owner')}
      submitText={t('agents.add_owner')}
      close={close}
      stale={['agents']}
      fields={[
        {
          name: 'platform',
          label: t('bots.platform'),
          kind: 'choice',
          value: 'telegram',
          choices: platforms.map((value) => ({ value, label: t(platformText[value]) })),
        },
        { name: 'platform_user_id', label: t('bot.id'), hint: t('agents.owner_hint'), isLatin: true },
      ]}
      send={({ platform, platform_user_id = '' }) =>
        call('POST /api/agents/{id}/owners', {
          params: { id: agent.id },
          body: { platform: platform === 'whatsapp' ? 'whatsapp' : 'telegram', platform_user_id },
        })
      }
    />
  )
}

/** A link by which a person becomes an owner of the shop; shown once. */
function ClaimLink(props: { readonly link: { message: string; link: string | null; expires_at: string } }) {
  const { t } = useLocale()
  const { link, message, expires_at } = props.link
  return (
    <Note tone="warn" title={t('agents.claim_title')}>
      {t('agents.claim_detail')} <Moment iso={expires_at} />
      <p className="mono">
        <bdi dir="ltr">{link ?? message}</bdi> <Copy value={link ?? message} what={t('agents.claim_title')} />
      </p>
    </Note>
  )
}
