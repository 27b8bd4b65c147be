import { Anchor, Button, Checkbox, Group, NativeSelect, Radio, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Permission, permissionsOf } from '../../../../domain/actor.ts'
import { type AnswerOf, call, type RequestOf } from '../../api/call.ts'
import { useGrants, useMay, useUser } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useChange } from '../../api/use-change.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Note } from '../../parts/note.tsx'
import { FormSheet, Sheet } from '../../parts/sheet.tsx'
import { Copy, Latin } from '../../parts/values.tsx'

type NewToken = AnswerOf<'POST /api/tokens'>

interface CreateProps {
  /** For whom; unset: who creates it chooses. */
  readonly of?: string | undefined
  readonly close: () => void
}

/** Makes a token, then shows its secret this once. */
export function CreateToken({ of, close }: CreateProps) {
  const [made, setMade] = useState<NewToken | undefined>(undefined)
  if (made !== undefined) return <ShownOnce made={made} close={close} />
  return <Ask of={of} close={close} show={setMade} />
}

/** How long tokens live, in days; 0 has no end. */
const lifetimes = [7, 30, 90, 365, 0]

function Ask({ of, close, show }: CreateProps & { readonly show: (made: NewToken) => void }) {
  const { t } = useLocale()
  const { username: self } = useUser()
  const [name, setName] = useState('')
  const [days, setDays] = useState(90)
  const [user, setUser] = useState(of ?? self)
  const [all, setAll] = useState(false)
  const [chosen, choose] = useState<ReadonlySet<Permission>>(new Set())
  const grants = useGrantsOf(user)
  const scopes = grants.filter((scope) => chosen.has(scope))
  const create = useChange({
    send: (body: RequestOf<'POST /api/tokens'>['body']) => call('POST /api/tokens', { body }),
    stale: ['tokens'],
    onDone: show,
  })
  return (
    <FormSheet
      title={t('tokens.create')}
      close={close}
      size="lg"
      submit={() =>
        create.mutate({
          name: name.trim(),
          ...(user === self ? {} : { user }),
          ...(days === 0 ? {} : { expires_in: `${days}d` }),
          ...(all ? {} : { scopes }),
        })
      }
      submitText={t('tokens.create')}
      busy={create.isPending}
      problem={create.error}
      disabled={name.trim() === '' || (!all && scopes.length === 0)}
    >
      <TextInput
        label={t('bots.name')}
        description={t('tokens.name_hint')}
        required
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      {of === undefined && <ForWhom value={user} set={setUser} />}
      <NativeSelect
        label={t('tokens.lasts')}
        value={days}
        onChange={(event) => setDays(Number(event.currentTarget.value))}
        data={lifetimes.map((count) => ({
          value: String(count),
          label: count === 0 ? t('tokens.no_end') : t('period.days', { count }),
        }))}
      />
      <Radio.Group
        label={t('tokens.scopes')}
        value={all ? 'all' : 'some'}
        onChange={(value) => setAll(value === 'all')}
      >
        <Stack gap={8} mt={4}>
          <Radio size="sm" value="some" label={t('tokens.some_scopes')} />
          <Radio size="sm" value="all" label={t('tokens.all_scopes')} />
        </Stack>
      </Radio.Group>
      {!all && <ScopeChoice grants={grants} chosen={chosen} choose={choose} />}
    </FormSheet>
  )
}

/** What somebody may, and a token of theirs can be given. */
function useGrantsOf(username: string): readonly Permission[] {
  const own = useGrants()
  const { username: self } = useUser()
  const person = usePeople().find((one) => one.username === username)
  if (username === self || person === undefined) return own
  const { id, role, tenant } = person
  return permissionsOf({ name: `user:${username}`, userId: id, role, tenant, source: 'panel' })
}

/** Who may be given a token by who is signed in; nobody else where they may not. */
function usePeople() {
  const may = useMay()
  const query = useAnswer('people', 'GET /api/users', {}, { enabled: may('user.manage') })
  return query.data?.items.filter(({ disabled_at }) => disabled_at === null) ?? []
}

function ForWhom(props: { readonly value: string; readonly set: (username: string) => void }) {
  const { t } = useLocale()
  const people = usePeople()
  if (people.length < 2) return null
  return (
    <NativeSelect
      label={t('tokens.for')}
      description={t('tokens.for_hint')}
      value={props.value}
      onChange={(event) => props.set(event.currentTarget.value)}
      data={people.map(({ username }) => username)}
    />
  )
}

interface ScopeProps {
  readonly grants: readonly Permission[]
  readonly chosen: ReadonlySet<Permission>
  readonly choose: (chosen: ReadonlySet<Permission>) => void
}

function ScopeChoice({ grants, chosen, choose }: ScopeProps) {
  const { t } = useLocale()
  const toggle = (scope: Permission) => {
    const next = new Set(chosen)
    if (!next.delete(scope)) next.add(scope)
    choose(next)
  }
  const reading = grants.filter((scope) => scope.endsWith('.read'))
  return (
    <Stack gap="xs" role="group" aria-label={t('tokens.some_scopes')}>
      <Group gap="xs">
        <Button size="compact-xs" variant="default" onClick={() => choose(new Set(reading))}>
          {t('tokens.only_reading')}
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => choose(new Set())}>
          {t('tokens.choose_none')}
        </Button>
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" verticalSpacing={8} dir="ltr">
        {grants.map((scope) => (
          <Checkbox key={scope} size="sm" label={scope} checked={chosen.has(scope)} onChange={() => toggle(scope)} />
        ))}
      </SimpleGrid>
    </Stack>
  )
}

/** The secret. A click beside the dialog does not lose it. */
function ShownOnce({ made, close }: { readonly made: NewToken; readonly close: () => void }) {
  const { t } = useLocale()
  return (
    <Sheet title={made.name} close={close} size="lg" isKept>
      <Stack>
        <Note isUrgent tone="warn" title={t('tokens.shown_once')}>
          <Latin>{made.token}</Latin>
        </Note>
        <Text size="sm">
          {t('tokens.how')} <Latin>Authorization: Bearer</Latin>{' '}
          <Anchor href="/api/docs" target="_blank" inherit underline="always">
            {t('tokens.docs')}
          </Anchor>
        </Text>
        <Group justify="flex-end">
          <Copy value={made.token} what={t('tokens.token')} />
          <Button size="xs" onClick={close}>
            {t('factor.codes_kept')}
          </Button>
        </Group>
      </Stack>
    </Sheet>
  )
}
