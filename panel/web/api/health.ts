import { useQuery } from '@tanstack/react-query'
import type { HealthAnswer } from '../../../domain/panel-contract.ts'
import { call } from './call.ts'

/** The server that shows this page; empty until it is known. */
export function useServerName(): string {
  const health = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => call<HealthAnswer>('/api/health', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: false,
  })
  return health.data?.server ?? ''
}
