import { Button, Group, Text } from '@mantine/core'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { FilterText } from '../../parts/filter-inputs.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useAct } from '../../parts/use-act.ts'
import { useFilter } from '../../parts/use-filter.ts'
import { Moment, Word } from '../../parts/values.tsx'
import { toast } from '../../shell/toasts.tsx'

const filters = ['actor', 'action', 'target', 'tenant'] as const

/** Who did what, and what was refused; its chain of hashes can be checked. */
export function AuditPage() {
  const { t } = useLocale()
  const filter = useFilter()
  const given = Object.fromEntries(
    filters.flatMap((name) => (filter.get(name) === '' ? [] : [[name, filter.get(name)]])),
  ) as Partial<Record<(typeof filters)[number], string>>
  const list = useList('audit', 'GET /api/audit', { ...given, limit: 100 })
  const exportQuery = new URLSearchParams({ ...given, format: 'csv' })
  return (
    <>
      <PageHead title={t('nav.audit')}>
        <Button component="a" variant="default" href={`/api/audit/export?${exportQuery}`} download>
          {t('audit.export')}
        </Button>
        <Verify />
      </PageHead>
      <Group mb="md" gap="sm" align="flex-end">
        {filters.map((name) => (
          <FilterText key={name} filter={filter} name={name} label={t(`audit.${name}`)} />
        ))}
      </Group>
      <ListTable
        label={t('nav.audit')}
        list={list}
        keyOf={({ id }) => String(id)}
        columns={[
          { head: t('history.when'), cell: ({ at }) => <Moment iso={at} exact /> },
          { head: t('audit.actor'), cell: (entry) => <Who actor={entry.actor} source={entry.source} /> },
          { head: t('audit.action'), cell: ({ action }) => <bdi className="mono">{action}</bdi> },
          {
            head: t('audit.target'),
            cell: ({ target_kind, target_id }) => <Word>{`${target_kind} ${target_id ?? ''}`}</Word>,
          },
          { head: t('audit.tenant'), cell: ({ tenant }) => <Word>{tenant}</Word> },
          { head: t('audit.details'), cell: ({ details }) => <Details details={details} /> },
        ]}
        empty={<Empty text={t('audit.none')} />}
      />
    </>
  )
}

function Who(props: { readonly actor: string; readonly source: string }) {
  return (
    <>
      <Word>{props.actor}</Word>
      <Text size="xs" c="dimmed">
        <Word>{props.source}</Word>
      </Text>
    </>
  )
}

function Details({ details }: { readonly details: Readonly<Record<string, unknown>> | null }) {
  const given = Object.entries(details ?? {}).filter(([, value]) => value !== null)
  return (
    <Text size="xs" className="mono" maw="26rem" miw="14rem" style={{ overflowWrap: 'anywhere' }}>
      <bdi>
        {given.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ')}
      </bdi>
    </Text>
  )
}

function Verify() {
  const { t } = useLocale()
  const verify = useAct({
    send: (_nothing: null) => call('POST /api/audit/verify', {}),
    stale: [],
    onDone: ({ ok, checked, findings }) => {
      if (ok) toast('good', t('audit.sound', { count: checked }))
      else
        toast(
          'bad',
          t('audit.broken', { count: findings.length }),
          findings.map(({ kind, id }) => `${kind} ${id ?? ''}`).join(', '),
        )
    },
  })
  return (
    <>
      <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate(null)}>
        {t('audit.verify')}
      </Button>
      {verify.data?.ok === false && (
        <Note tone="bad" isUrgent title={t('audit.broken', { count: verify.data.findings.length })} />
      )}
    </>
  )
}
