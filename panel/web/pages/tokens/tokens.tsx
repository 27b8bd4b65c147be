import { Button, Group, Switch, Text } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useMay, useUser } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { ApiToken } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Badge } from '../../parts/badge.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { useNow } from '../../parts/use-now.ts'
import { Distance, Latin, Moment, Word } from '../../parts/values.tsx'
import { openSheet } from '../../shell/sheet-host.tsx'
import { CreateToken } from './create-token.tsx'

/** Secrets by which programs call the API; each may do a part of what its owner may. `of` whom; unset: everybody's. */
export function Tokens({ of }: { readonly of?: string }) {
  const { t } = useLocale()
  const now = useNow()
  const [withEnded, setWithEnded] = useState(false)
  const query = useAnswer('tokens', 'GET /api/tokens', { query: { user: of } })
  const isShown = (token: ApiToken) => withEnded || !isEnded(token, now)
  return (
    <>
      <Group mb="md">
        <Button size="xs" onClick={() => openSheet((close) => <CreateToken of={of} close={close} />)}>
          {t('tokens.create')}
        </Button>
        <Switch
          size="sm"
          label={t('tokens.with_ended')}
          checked={withEnded}
          onChange={(event) => setWithEnded(event.currentTarget.checked)}
        />
      </Group>
      <Loaded query={query} height={200}>
        {({ items }) => <TokenTable tokens={items.filter(isShown)} />}
      </Loaded>
    </>
  )
}

function isEnded({ revoked_at, expires_at }: ApiToken, nowMs: number): boolean {
  return revoked_at !== null || (expires_at !== null && Date.parse(expires_at) <= nowMs)
}

function TokenTable({ tokens }: { readonly tokens: readonly ApiToken[] }) {
  const { t } = useLocale()
  if (tokens.length === 0) return <Empty text={t('tokens.none')} />
  return (
    <RowTable
      label={t('people.tokens')}
      rows={tokens}
      keyOf={({ id }) => id}
      columns={[
        { head: t('bots.name'), cell: (token) => <TokenName token={token} /> },
        { head: t('tokens.scopes'), cell: (token) => <Scopes token={token} /> },
        { head: t('tokens.used'), cell: (token) => <LastUse token={token} /> },
        { head: t('bots.expires'), cell: ({ expires_at }) => <Moment iso={expires_at} day /> },
        { head: t('bots.actions'), cell: (token) => <Revoke token={token} /> },
      ]}
    />
  )
}

function TokenName({ token }: { readonly token: ApiToken }) {
  return (
    <div className="named">
      <b>
        <Word>{token.name}</Word>
      </b>
      <Text size="xs" c="dimmed">
        <Latin>
          {token.username} {token.id}
        </Latin>
      </Text>
    </div>
  )
}

function Scopes({ token }: { readonly token: ApiToken }) {
  const { t } = useLocale()
  if (token.scopes === null) return t('tokens.all_scopes')
  return (
    <Text size="xs" maw="20rem" className="mono">
      <bdi dir="ltr">{token.scopes.join(', ')}</bdi>
    </Text>
  )
}

function LastUse({ token }: { readonly token: ApiToken }) {
  const { t } = useLocale()
  if (token.last_used_at === null) return t('tokens.never_used')
  return (
    <>
      <Distance iso={token.last_used_at} />
      <Text size="xs" c="dimmed">
        <Word>{token.last_used_from}</Word>
      </Text>
    </>
  )
}

function Revoke({ token }: { readonly token: ApiToken }) {
  const { t } = useLocale()
  const may = useMay()
  const now = useNow()
  const { username } = useUser()
  if (token.revoked_at !== null) return <Badge tone="calm">{t('tokens.revoked')}</Badge>
  if (isEnded(token, now)) return <Badge tone="calm">{t('tokens.ended')}</Badge>
  if (token.username !== username && !may('user.manage')) return null
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => openSheet((close) => <RevokeSheet token={token} close={close} />)}
    >
      {t('tokens.revoke')}
    </Button>
  )
}

function RevokeSheet(props: { readonly token: ApiToken; readonly close: () => void }) {
  const { t } = useLocale()
  const { id, name } = props.token
  return (
    <AskSheet
      title={t('tokens.revoke_title', { name })}
      submitText={t('tokens.revoke')}
      fields={[]}
      stale={['tokens']}
      close={props.close}
      isGrave
      send={() => call('DELETE /api/tokens/{id}', { params: { id } })}
      doneText={t('tokens.revoked')}
    >
      {t('tokens.revoke_detail')}
    </AskSheet>
  )
}
