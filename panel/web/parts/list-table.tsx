import { Button, Center, Checkbox } from '@mantine/core'
import type { ReactNode } from 'react'
import type { List } from '../api/list.ts'
import { useLocale } from '../i18n/locale.tsx'
import { Loaded } from './loaded.tsx'
import { Wide } from './wide.tsx'

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  /** Of the first column: it says nothing without its head, not even as the heading of a row on a phone. */
  readonly isLabelled?: boolean
}

export interface Selection {
  readonly chosen: ReadonlySet<string>
  readonly choose: (chosen: ReadonlySet<string>) => void
}

interface TableProps<Row> {
  /** What the table shows, for people who do not see it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  /** What one calls a row, for its checkbox. */
  readonly nameOf?: (row: Row) => string
  readonly selection?: Selection | undefined
}

/** A list of the API as a table that grows by pages; `empty` stands there when it has no rows. */
export function ListTable<Row>(props: TableProps<Row> & { readonly list: List<Row>; readonly empty: ReactNode }) {
  const { query, rows } = props.list
  const { t } = useLocale()
  return (
    <Loaded
      query={{ ...query, data: rows } as Parameters<typeof Loaded<readonly Row[]>>[0]['query']}
      height={280}
      isSearch
    >
      {(shown) =>
        shown.length === 0 ? (
          props.empty
        ) : (
          <>
            <RowTable {...props} rows={shown} />
            {query.hasNextPage && (
              <Center mt="md">
                <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t('more')}
                </Button>
              </Center>
            )}
          </>
        )
      }
    </Loaded>
  )
}

/** Rows as a table; on a phone each is a block of its own, headed by its first cell. */
export function RowTable<Row>(props: TableProps<Row> & { readonly rows: readonly Row[] }) {
  const { label, columns, rows, keyOf, selection } = props
  return (
    <Wide label={label}>
      <table className="rows">
        <thead>
          <tr>
            {selection !== undefined && <ChooseAll rows={rows.map(keyOf)} selection={selection} />}
            {columns.map(({ head }) => (
              <th key={head}>{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {selection !== undefined && (
                <ChooseOne id={keyOf(row)} name={props.nameOf?.(row) ?? keyOf(row)} selection={selection} />
              )}
              {columns.map(({ head, cell, isLabelled }, index) => (
                <td
                  key={head}
                  data-head={head}
                  {...(index === 0 && isLabelled !== true ? { className: 'heading' } : {})}
                >
                  <div>{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  )
}

function ChooseAll(props: { readonly rows: readonly string[]; readonly selection: Selection }) {
  const { rows, selection } = props
  const { t } = useLocale()
  const all = rows.every((id) => selection.chosen.has(id))
  return (
    <th className="choice" data-head={t('choose_all')}>
      <Checkbox
        aria-label={t('choose_all')}
        checked={all}
        indeterminate={!all && selection.chosen.size > 0}
        onChange={() => selection.choose(new Set(all ? [] : rows))}
      />
    </th>
  )
}

function ChooseOne(props: { readonly id: string; readonly name: string; readonly selection: Selection }) {
  const { id, name, selection } = props
  const { t } = useLocale()
  const toggle = () => {
    const next = new Set(selection.chosen)
    if (!next.delete(id)) next.add(id)
    selection.choose(next)
  }
  return (
    <td className="choice">
      <Checkbox aria-label={t('choose', { name })} checked={selection.chosen.has(id)} onChange={toggle} />
    </td>
  )
}
