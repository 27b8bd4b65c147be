import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useList } from '../../api/list.ts'
import { useMay } from '../../api/session.ts'
import type { Category } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Empty } from '../../parts/loaded.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Count, Word } from '../../parts/values.tsx'

/** The shelves of the shop, in their order. */
export function Categories() {
  const { t } = useLocale()
  const may = useMay()
  const [asks, setAsks] = useState<'new' | Category | undefined>(undefined)
  const list = useList('catalogue', 'GET /api/categories', { limit: 200 })
  const rows = list.rows ?? []
  const reorder = useAct({
    send: (categories: number[]) => call('PUT /api/categories/order', { body: { categories } }),
    stale: ['catalogue'],
  })
  const archive = useAct({
    send: (id: number) => call('POST /api/categories/{id}/archive', { params: { id: String(id) } }),
    stale: ['catalogue'],
    doneText: t('saved'),
  })
  const moveUp = (index: number) => {
    const ids = rows.map(({ id }) => id)
    const [moved] = ids.splice(index, 1)
    if (moved !== undefined) reorder.mutate(ids.toSpliced(index - 1, 0, moved))
  }
  return (
    <>
      {may('catalogue.edit') && (
        <Group mb="md">
          <Button variant="default" onClick={() => setAsks('new')}>
            {t('catalogue.new_category')}
          </Button>
        </Group>
      )}
      <ListTable
        label={t('catalogue.categories')}
        list={list}
        keyOf={({ id }) => String(id)}
        columns={[
          { head: t('bots.name'), cell: ({ name }) => <Word>{name}</Word> },
          { head: t('catalogue.products'), cell: ({ products }) => <Count value={products} /> },
          ...(may('catalogue.edit')
            ? [
                {
                  head: t('bots.actions'),
                  cell: (category: Category) => (
                    <Group gap={6}>
                      <Button
                        size="compact-sm"
                        variant="default"
                        disabled={rows[0]?.id === category.id || reorder.isPending}
                        onClick={() => moveUp(rows.findIndex(({ id }) => id === category.id))}
                      >
                        {t('catalogue.up')}
                      </Button>
                      <Button size="compact-sm" variant="default" onClick={() => setAsks(category)}>
                        {t('catalogue.rename')}
                      </Button>
                      <Button size="compact-sm" variant="default" onClick={() => archive.mutate(category.id)}>
                        {t('catalogue.archive')}
                      </Button>
                    </Group>
                  ),
                },
              ]
            : []),
        ]}
        empty={<Empty text={t('catalogue.no_categories')} />}
      />
      {asks !== undefined && <NameSheet category={asks} close={() => setAsks(undefined)} />}
    </>
  )
}

function NameSheet({ category, close }: { readonly category: 'new' | Category; readonly close: () => void }) {
  const { t } = useLocale()
  return (
    <AskSheet
      title={t(category === 'new' ? 'catalogue.new_category' : 'catalogue.rename')}
      submitText={t('save')}
      close={close}
      stale={['catalogue']}
      fields={[{ name: 'name', label: t('bots.name'), value: category === 'new' ? '' : category.name }]}
      send={({ name = '' }) =>
        category === 'new'
          ? call('POST /api/categories', { body: { name } })
          : call('PATCH /api/categories/{id}', { params: { id: String(category.id) }, body: { name } })
      }
    />
  )
}
