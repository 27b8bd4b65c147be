import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { type AnswerOf, call, type OperationName, type QueryOf, type RequestOf } from './call.ts'

/** Operations that answer a page of a list. */
type ListName = {
  [N in OperationName]: AnswerOf<N> extends { items: unknown[]; next_cursor: string | null } ? N : never
}[OperationName]
type RowOf<N extends OperationName> = AnswerOf<N> extends { items: (infer Row)[] } ? Row : never

export interface List<T> {
  readonly query: UseInfiniteQueryResult<InfiniteData<unknown>>
  /** The rows of all pages that were asked for; undefined until the first is there. */
  readonly rows: readonly T[] | undefined
}

interface Page<T> {
  readonly items: readonly T[]
  readonly next_cursor: string | null
}

/** A list of the API, page by page. `word` is the first of its query's key. */
export function useList<N extends ListName>(
  word: string,
  name: N,
  query: Omit<NonNullable<QueryOf<N>>, 'cursor'>,
  params?: RequestOf<N>['params'],
): List<RowOf<N>> {
  const result = useInfiniteQuery({
    queryKey: [word, name, query, params],
    queryFn: ({ signal, pageParam }) =>
      call(name, {
        params,
        query: { ...query, cursor: pageParam },
        signal,
      } as unknown as RequestOf<N>) as unknown as Promise<Page<RowOf<N>>>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
  })
  return { query: result, rows: result.data?.pages.flatMap((page) => page.items) }
}

/** A history, newest first, which is paged by the id of the oldest row that is known. */
export function useHistory<T extends { readonly id: number }>(
  key: readonly unknown[],
  limit: number,
  read: (page: { before: number | undefined; limit: number; signal: AbortSignal }) => Promise<{ items: T[] }>,
): List<T> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ signal, pageParam }) => read({ before: pageParam, limit, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ items }) => (items.length < limit ? undefined : items.at(-1)?.id),
    placeholderData: (previous) => previous,
  })
  return { query, rows: query.data?.pages.flatMap((page) => page.items) }
}
