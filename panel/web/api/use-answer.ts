import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type AnswerOf, call, type OperationName, type RequestOf } from './call.ts'

/** What an operation answers, kept up to date. `word` is the first of its query's key, by which changes make it stale. */
export function useAnswer<N extends OperationName>(
  word: string,
  name: N,
  request: Omit<RequestOf<N>, 'signal'>,
  /** `enabled: false`: it is not asked for. */
  options: { readonly enabled?: boolean } = {},
): UseQueryResult<AnswerOf<N>> {
  return useQuery({
    queryKey: [word, name, request],
    queryFn: ({ signal }) => call(name, { ...request, signal } as RequestOf<N>),
    ...options,
  })
}
