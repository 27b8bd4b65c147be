import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call, type QueryOf } from './call.ts'
import { followedLog, live, logWakes } from './live.ts'
import { useStore } from './store.ts'

type LogQuery = NonNullable<QueryOf<'GET /api/instances/{id}/logs'>>
export type LogFilter = Pick<LogQuery, 'q' | 'level'>
type Place = Pick<LogQuery, 'before' | 'after'>

const firstPage: Place = {}
const linesAPage = 200
const pagesKept = 100
const askEveryMs = 5_000

/** A bot's log: its newest lines, older ones on demand, and what is written from now on. */
export function useLog(id: string, filter: LogFilter) {
  const query = useInfiniteQuery({
    queryKey: ['log', id, filter],
    queryFn: ({ signal, pageParam }) =>
      call('GET /api/instances/{id}/logs', {
        params: { id },
        query: { ...filter, ...pageParam, lines: linesAPage },
        signal,
      }),
    initialPageParam: firstPage,
    getNextPageParam: ({ after }): Place => ({ after: after ?? 'start' }),
    getPreviousPageParam: ({ before }): Place | undefined => (before === null ? undefined : { before }),
    maxPages: pagesKept,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: false,
  })
  useNewLines(id, () => void query.fetchNextPage({ cancelRefetch: false }))
  return query
}

/** Calls `read` when there are new lines; without live events every few seconds. */
function useNewLines(id: string, read: () => void): void {
  const wakes = useStore(logWakes)
  const isLive = useStore(live)
  useEffect(() => {
    followedLog.set(id)
    return () => followedLog.set(undefined)
  }, [id])
  useEffect(() => {
    if (wakes > 0) read()
    // Only a new wake is a reason to read.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wakes])
  useEffect(() => {
    if (isLive) return undefined
    const timer = setInterval(read, askEveryMs)
    return () => clearInterval(timer)
  })
}
