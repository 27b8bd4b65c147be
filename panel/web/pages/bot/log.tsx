import { Button, Group, NativeSelect, Switch, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import { type LogFilter, useLog } from '../../api/logs.ts'
import type { InstanceView, LogEntry } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Empty, Loaded, TroubleNote } from '../../parts/loaded.tsx'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** A bot's log as it is written, with search; its own server is asked where that is another one. */
export function Log({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  const [typed, setTyped] = useState('')
  const [text] = useDebouncedValue(typed, 300)
  const [level, setLevel] = useState<(typeof levels)[number]>('trace')
  const [follows, setFollows] = useState(true)
  return (
    <>
      <Group mb="sm" align="flex-end">
        <TextInput
          type="search"
          label={t('bots.search')}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('log.level')}
          data={[...levels]}
          value={level}
          onChange={(event) => setLevel(levels.find((one) => one === event.currentTarget.value) ?? 'trace')}
        />
        <Switch
          label={t('log.follow')}
          checked={follows}
          onChange={(event) => setFollows(event.currentTarget.checked)}
          mb={8}
        />
      </Group>
      <Lines bot={bot} filter={{ level, ...(text === '' ? {} : { q: text }) }} follows={follows} />
    </>
  )
}

function Lines(props: { readonly bot: InstanceView; readonly filter: LogFilter; readonly follows: boolean }) {
  const { bot, filter, follows } = props
  const { t } = useLocale()
  const query = useLog(bot.id, filter)
  const lines = query.data?.pages.flatMap((page) => page.lines)
  const box = useRef<HTMLDivElement>(null)
  const count = lines?.length ?? 0
  useEffect(() => {
    if (follows && box.current !== null && count > 0) box.current.scrollTop = box.current.scrollHeight
  }, [follows, count])
  return (
    <Loaded query={{ ...query, data: lines } as Parameters<typeof Loaded<LogEntry[]>>[0]['query']} height={320}>
      {(shown) => (
        <>
          {query.isError && <TroubleNote error={query.error} retry={() => void query.fetchNextPage()} />}
          {shown.length === 0 ? (
            <Empty
              text={t(filter.q === undefined && filter.level === 'trace' ? 'log.none' : 'bots.none_found', {
                name: bot.name,
              })}
            />
          ) : (
            <section className="log" ref={box} tabIndex={0} aria-label={t('bot.tab_log')} dir="ltr">
              {query.hasPreviousPage && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={query.isFetchingPreviousPage}
                  onClick={() => void query.fetchPreviousPage()}
                >
                  {t('log.older')}
                </Button>
              )}
              {shown.map((line, index) => (
                // Lines have no name of their own; they are only ever added at the ends.
                // biome-ignore lint/suspicious/noArrayIndexKey: see above
                <Line key={`${line.at} ${index}`} line={line} />
              ))}
            </section>
          )}
        </>
      )}
    </Loaded>
  )
}

function Line({ line }: { readonly line: LogEntry }) {
  const { format, t } = useLocale()
  const fields = Object.entries(line.fields)
  return (
    <div className="line" data-level={line.level}>
      {line.at !== null && (
        <time dateTime={line.at} title={format.moment(line.at)}>
          {format.clock(line.at)}
        </time>
      )}{' '}
      <b>{line.level}</b> {line.message}
      {fields.length > 0 && (
        <span className="fields"> {fields.map(([name, value]) => `${name}=${wordOf(value)}`).join(' ')}</span>
      )}
      {line.cut && <Text span size="xs">{` (${t('log.cut')})`}</Text>}
    </div>
  )
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
