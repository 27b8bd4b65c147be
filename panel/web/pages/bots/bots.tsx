import { Button, Group, NativeSelect, Tabs, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { platforms } from '../../../../domain/instance.ts'
import { useBots } from '../../api/bots.ts'
import { useServers } from '../../api/servers.ts'
import { useMay } from '../../api/session.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { platformText } from '../../parts/words.ts'
import { BulkBar } from './bulk-bar.tsx'
import { type BotTab, columnsOf, tabs } from './columns.tsx'

/** The bots in the sections of seed 004, with problems and suspended ones beside them. */
export function BotsPage() {
  const { t } = useLocale()
  const may = useMay()
  const [params, setParams] = useSearchParams()
  const tab = tabs.find((known) => known === params.get('tab')) ?? 'approved'
  const set = (name: string, value: string) =>
    setParams(
      (before) => {
        if (value === '') before.delete(name)
        else before.set(name, value)
        return before
      },
      { replace: true },
    )
  return (
    <>
      <PageHead title={t('nav.bots')}>
        {may('instance.create') && (
          <Button component={Link} href="/bots/new">
            {t('bots.create')}
          </Button>
        )}
        {may('agent.self') && (
          <Button component={Link} href="/bots/own">
            {t('own_bot.title')}
          </Button>
        )}
      </PageHead>
      <Filters params={params} set={set} />
      <Tabs value={tab} onChange={(next) => set('tab', next ?? '')} keepMounted={false}>
        <Tabs.List mb="sm">
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`bots.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((name) => (
          <Tabs.Panel key={name} value={name}>
            <Section tab={name} params={params} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  )
}

function Filters(props: { readonly params: URLSearchParams; readonly set: (name: string, value: string) => void }) {
  const { params, set } = props
  const { t } = useLocale()
  const may = useMay()
  const servers = useServers({ enabled: may('server.read') })
  const search = useDebouncedCallback((text: string) => set('q', text), 300)
  return (
    <Group mb="md" gap="sm" align="flex-end">
      <TextInput
        type="search"
        label={t('bots.search')}
        placeholder={t('bots.search_hint')}
        defaultValue={params.get('q') ?? ''}
        onChange={(event) => search(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('bots.platform')}
        value={params.get('platform') ?? ''}
        onChange={(event) => set('platform', event.currentTarget.value)}
        data={[
          { value: '', label: t('all') },
          ...platforms.map((platform) => ({ value: platform, label: t(platformText[platform]) })),
        ]}
      />
      {servers.data !== undefined && (
        <NativeSelect
          label={t('bots.server')}
          value={params.get('server') ?? ''}
          onChange={(event) => set('server', event.currentTarget.value)}
          data={[{ value: '', label: t('all') }, ...servers.data.items.map(({ name }) => name)]}
        />
      )}
    </Group>
  )
}

const statusOf = { new: 'new', approved: 'approved', expired: 'expired', problems: 'trouble', suspended: 'suspended' }

function Section(props: { readonly tab: BotTab; readonly params: URLSearchParams }) {
  const { tab, params } = props
  const { t } = useLocale()
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set())
  const given = (name: string) => params.get(name) ?? ''
  const list = useBots({
    status: statusOf[tab],
    server: given('server') || '*',
    platform: platforms.find((platform) => platform === given('platform')),
    q: given('q'),
  })
  const isFiltered = given('q') !== '' || given('platform') !== '' || given('server') !== ''
  const chosenRows = list.rows?.filter(({ id }) => chosen.has(id)) ?? []
  return (
    <>
      {chosenRows.length > 0 && <BulkBar bots={chosenRows} done={() => choose(new Set())} />}
      <ListTable
        label={t(`bots.tab_${tab}`)}
        list={list}
        columns={columnsOf(tab, t)}
        keyOf={({ id }) => id}
        nameOf={({ name }) => name}
        selection={{ chosen, choose }}
        empty={<Empty text={t(isFiltered ? 'bots.none_found' : `bots.none_${tab}`)} />}
      />
    </>
  )
}
