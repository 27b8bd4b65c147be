import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { type CallOptions, call } from './call.ts'
import type { Page } from './views.ts'

export interface List<T> {
  readonly query: UseInfiniteQueryResult<InfiniteData<unknown>>
  /** The rows of all pages that were asked for; undefined until the first is there. */
  readonly rows: readonly T[] | undefined
}

/** A list of the API, page by page. `word` is the first of its query's key. */
export function useList<T>(word: string, path: string, filter: CallOptions['query'] = {}): List<T> {
  const query = useInfiniteQuery({
    queryKey: [word, path, filter],
    queryFn: ({ signal, pageParam }) => call<Page<T>>(path, { query: { ...filter, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
  })
  return { query, rows: query.data?.pages.flatMap((page) => page.items) }
}

/** A history of the API, newest first, which is paged by the id of the oldest row that is known. */
export function useHistory<T extends { readonly id: number }>(
  word: string,
  path: string,
  filter: CallOptions['query'] & { readonly limit: number },
): List<T> {
  const query = useInfiniteQuery({
    queryKey: [word, path, filter],
    queryFn: ({ signal, pageParam }) => call<{ items: T[] }>(path, { query: { ...filter, before: pageParam }, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ items }) => (items.length < filter.limit ? undefined : items.at(-1)?.id),
    placeholderData: (previous) => previous,
  })
  return { query, rows: query.data?.pages.flatMap((page) => page.items) }
}
