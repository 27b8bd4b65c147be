import { Button, Group, Menu, SimpleGrid, Text, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { useList } from '../../api/list.ts'
import type { AuditEntry } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { FilterMoment, FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Latin, Moment, Word } from '../../parts/values.tsx'
import { VerifySheet } from './verify.tsx'

const words = ['actor', 'action', 'target', 'tenant'] as const
const moments = ['from', 'until'] as const
type FilterName = (typeof words)[number] | (typeof moments)[number]

/** Who did what, and what was refused; its chain of hashes can be checked. */
export function AuditPage() {
  const { t } = useLocale()
  const filter = useFilter()
  const [verifies, setVerifies] = useState(false)
  const given = Object.fromEntries(
    [...words, ...moments].flatMap((name) => (filter.get(name) === '' ? [] : [[name, filter.get(name)]])),
  ) as Partial<Record<FilterName, string>>
  const list = useList('audit', 'GET /api/audit', { ...given, limit: 100 })
  const narrow = (name: (typeof words)[number], value: string) => (
    <Narrowing value={value} narrow={() => filter.set(name, value)} />
  )
  return (
    <>
      <PageHead title={t('nav.audit')}>
        <Export given={given} />
        <Button variant="default" onClick={() => setVerifies(true)}>
          {t('audit.verify')}
        </Button>
      </PageHead>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm" mb="sm">
        {words.map((name) => (
          <FilterText key={name} filter={filter} name={name} label={t(`audit.${name}`)} />
        ))}
      </SimpleGrid>
      <Group mb="md" gap="sm" align="flex-end">
        {moments.map((name) => (
          <FilterMoment key={name} filter={filter} name={name} label={t(`audit.${name}`)} />
        ))}
      </Group>
      <ListTable
        label={t('nav.audit')}
        list={list}
        keyOf={({ id }) => String(id)}
        columns={[
          { head: t('history.when'), cell: ({ at }) => <Moment iso={at} exact /> },
          {
            head: t('audit.actor'),
            cell: ({ actor, source }) => (
              <>
                {narrow('actor', actor)}
                <Text size="xs" c="dimmed">
                  <Word>{source}</Word>
                </Text>
              </>
            ),
          },
          { head: t('audit.action'), cell: ({ action }) => narrow('action', action) },
          {
            head: t('audit.target'),
            cell: (entry) => <Target entry={entry} narrow={(id) => filter.set('target', id)} />,
          },
          { head: t('audit.tenant'), cell: ({ tenant }) => (tenant === null ? '–' : narrow('tenant', tenant)) },
          { head: t('audit.details'), cell: ({ details }) => <Details details={details} /> },
        ]}
        empty={<Empty text={t('audit.none')} />}
      />
      {verifies && <VerifySheet close={() => setVerifies(false)} />}
    </>
  )
}

interface NarrowingProps {
  readonly value: string
  /** What people call it; unset: as it is. */
  readonly text?: string | null
  readonly narrow: () => void
}

/** A word of an entry; a click shows those that have it too. */
function Narrowing({ value, text = null, narrow }: NarrowingProps) {
  const { t } = useLocale()
  return (
    <UnstyledButton
      {...(text === null ? { className: 'mono' } : {})}
      fz="sm"
      title={t('audit.narrow')}
      onClick={narrow}
    >
      {text === null ? <bdi dir="ltr">{value}</bdi> : <Word>{text}</Word>}
    </UnstyledButton>
  )
}

/** What it was done to; ids of people, which nobody can read, only where there is no name. */
function Target(props: { readonly entry: AuditEntry; readonly narrow: (id: string) => void }) {
  const { target_kind: kind, target_id: id, target_name: name } = props.entry
  const narrowing = id !== null && <Narrowing value={id} text={name} narrow={() => props.narrow(id)} />
  if (name === null) {
    return (
      <div className="named">
        <Word>{kind}</Word> {narrowing}
      </div>
    )
  }
  return (
    <div className="named">
      {narrowing}
      <Text size="xs" c="dimmed">
        <Word>{kind}</Word> {kind !== 'user' && kind !== 'customer' && <Latin>{id}</Latin>}
      </Text>
    </div>
  )
}

function Details({ details }: { readonly details: Readonly<Record<string, unknown>> | null }) {
  const given = Object.entries(details ?? {}).filter(([, value]) => value !== null)
  if (given.length === 0) return null
  return (
    <Text size="xs" className="mono" miw="12rem" maw="26rem" style={{ overflowWrap: 'anywhere' }}>
      <bdi dir="ltr">
        {given.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ')}
      </bdi>
    </Text>
  )
}

/** What fits the filter as a file, all of it and not only what is shown. */
function Export({ given }: { readonly given: Partial<Record<FilterName, string>> }) {
  const { t } = useLocale()
  const address = (format: string) => `/api/audit/export?${new URLSearchParams({ ...given, format })}`
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="default">{t('audit.export')}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={address('csv')} download>
          {t('audit.export_csv')}
        </Menu.Item>
        <Menu.Item component="a" href={address('jsonl')} download>
          {t('audit.export_jsonl')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
