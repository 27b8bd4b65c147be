import { Button, Checkbox, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Permission } from '../../../../domain/actor.ts'
import { call } from '../../api/call.ts'
import { useGrants } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useChange } from '../../api/use-change.ts'
import type { ApiToken } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'
import { Note } from '../../parts/note.tsx'
import { FormSheet } from '../../parts/sheet.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Copy, Distance, Moment, Word } from '../../parts/values.tsx'

/** Secrets by which programs call the API; each may do a part of what its owner may. */
export function Tokens() {
  const { t } = useLocale()
  const [creates, setCreates] = useState(false)
  const [shown, setShown] = useState<string | undefined>(undefined)
  const query = useAnswer('tokens', 'GET /api/tokens', {})
  const revoke = useAct({
    send: (id: string) => call('DELETE /api/tokens/{id}', { params: { id } }),
    stale: ['tokens'],
    doneText: t('tokens.revoked'),
  })
  return (
    <>
      <Group mb="md">
        <Button onClick={() => setCreates(true)}>{t('tokens.create')}</Button>
      </Group>
      {shown !== undefined && (
        <Note tone="warn" title={t('tokens.shown_once')}>
          <bdi className="mono" dir="ltr">
            {shown}
          </bdi>{' '}
          <Copy value={shown} what={t('tokens.token')} />
        </Note>
      )}
      <Loaded query={query} height={200}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={t('tokens.none')} />
          ) : (
            <RowTable
              label={t('people.tokens')}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                { head: t('bots.name'), cell: (token) => <TokenName token={token} /> },
                { head: t('tokens.scopes'), cell: (token) => <Scopes token={token} /> },
                { head: t('tokens.used'), cell: (token) => <LastUse token={token} /> },
                { head: t('bots.expires'), cell: ({ expires_at }) => <Moment iso={expires_at} day /> },
                {
                  head: t('bots.actions'),
                  cell: ({ id, revoked_at }) =>
                    revoked_at === null ? (
                      <Button size="compact-sm" variant="default" onClick={() => revoke.mutate(id)}>
                        {t('tokens.revoke')}
                      </Button>
                    ) : (
                      <Badge tone="calm">{t('tokens.revoked')}</Badge>
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {creates && <CreateToken close={() => setCreates(false)} show={setShown} />}
    </>
  )
}

function TokenName({ token }: { readonly token: ApiToken }) {
  return (
    <>
      <b>
        <Word>{token.name}</Word>
      </b>
      <Text size="xs" c="dimmed">
        <Word>{token.username}</Word>
      </Text>
    </>
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
  return (
    <>
      <Distance iso={token.last_used_at} />
      <Text size="xs" c="dimmed">
        <Word>{token.last_used_from ?? ''}</Word>
      </Text>
    </>
  )
}

function CreateToken(props: { readonly close: () => void; readonly show: (token: string) => void }) {
  const { t } = useLocale()
  const grants = useGrants()
  const [name, setName] = useState('')
  const [lasts, setLasts] = useState('90d')
  const [scopes, setScopes] = useState<ReadonlySet<Permission>>(new Set())
  const create = useChange({
    send: (body: { name: string; expires_in?: string; scopes: Permission[] }) => call('POST /api/tokens', { body }),
    stale: ['tokens'],
    onDone: ({ token }) => {
      props.show(token)
      props.close()
    },
  })
  const toggle = (scope: Permission) => {
    const next = new Set(scopes)
    if (!next.delete(scope)) next.add(scope)
    setScopes(next)
  }
  return (
    <FormSheet
      title={t('tokens.create')}
      close={props.close}
      size="lg"
      submit={() =>
        create.mutate({
          name: name.trim(),
          ...(lasts.trim() === '' ? {} : { expires_in: lasts.trim() }),
          scopes: [...scopes],
        })
      }
      submitText={t('tokens.create')}
      busy={create.isPending}
      problem={create.error}
      disabled={name.trim() === '' || scopes.size === 0}
    >
      <TextInput
        label={t('bots.name')}
        description={t('tokens.name_hint')}
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label={t('tokens.lasts')}
        description={t('tokens.lasts_hint')}
        dir="ltr"
        value={lasts}
        onChange={(event) => setLasts(event.currentTarget.value)}
      />
      <Stack gap={4} role="group" aria-label={t('tokens.scopes')}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {t('tokens.scopes')}
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => setScopes(new Set(grants))}>
            {t('all')}
          </Button>
        </Group>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={4} verticalSpacing={4} dir="ltr">
          {grants.map((scope) => (
            <Checkbox key={scope} size="xs" label={scope} checked={scopes.has(scope)} onChange={() => toggle(scope)} />
          ))}
        </SimpleGrid>
      </Stack>
    </FormSheet>
  )
}
