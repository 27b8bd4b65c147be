import { Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Problem } from '../api/problem.ts'
import { useLocale } from '../i18n/locale.tsx'
import { Note } from './note.tsx'
import { classOf } from './problem-words.ts'

interface LoadedProps<T> {
  readonly query: UseQueryResult<T>
  readonly children: (data: T) => ReactNode
  /** Height of the placeholder, so that the page does not jump. */
  readonly height?: number
  /** It is asked for by what somebody typed: a shop or number that there is not finds nothing, and is no trouble. */
  readonly isSearch?: boolean
}

/** What a query brings: a placeholder while it loads, why it failed and another try, else its data. */
export function Loaded<T>({ query, children, height = 120, isSearch = false }: LoadedProps<T>) {
  const { t } = useLocale()
  if (query.data !== undefined) return children(query.data)
  if (isSearch && isUnknown(query.error)) return <Empty text={t('bots.none_found')} />
  if (query.isError) return <TroubleNote error={query.error} retry={() => void query.refetch()} />
  return (
    <div role="status" aria-label={t('loading')}>
      <Skeleton h={height} />
    </div>
  )
}

function isUnknown(error: Error | null): boolean {
  return error instanceof Problem && (error.status === 404 || error.status === 400)
}

export function TroubleNote(props: { readonly error: Error; readonly retry: () => void }) {
  const { t } = useLocale()
  const { error } = props
  const problem = error instanceof Problem ? error : undefined
  const sort = problem === undefined ? undefined : classOf(problem)
  // What may not be seen is said as such; where nobody answers, there is no sentence of a server.
  const text = problem?.status === 403 ? t('trouble.not_allowed') : sort === undefined ? error.message : t(sort)
  const isExplained = problem !== undefined && !problem.outcomeUnknown && problem.status !== 403
  return (
    <Note isUrgent tone="bad" title={t('trouble.title')}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{text}</Text>
        {isExplained && (
          <Text size="sm">
            <bdi>{problem.message}</bdi>
          </Text>
        )}
        {problem?.requestId !== undefined && (
          <Text size="xs" c="dimmed">
            {t('trouble.request')} <bdi className="mono">{problem.requestId}</bdi>
          </Text>
        )}
        <Button size="xs" variant="default" onClick={props.retry}>
          {t('trouble.retry')}
        </Button>
      </Stack>
    </Note>
  )
}

/** There is nothing to show: says so, and what to do about it. */
export function Empty(props: { readonly text: string; readonly children?: ReactNode }) {
  return (
    <Group justify="center" p="xl">
      <Stack align="center" gap="sm">
        <Text c="dimmed">{props.text}</Text>
        {props.children}
      </Stack>
    </Group>
  )
}
