import { useQuery } from '@tanstack/react-query'
import { call } from './call.ts'

export const useServers = (options: { readonly enabled?: boolean } = {}) =>
  useQuery({
    queryKey: ['servers'],
    queryFn: ({ signal }) => call('GET /api/servers', { signal }),
    refetchInterval: 10_000,
    ...options,
  })

export const drainServer = (input: { readonly name: string; readonly pinned: 'stay' | 'stop' }) =>
  call('POST /api/servers/{name}/drain', { params: { name: input.name }, body: { pinned: input.pinned } })

export const undrainServer = (name: string) => call('POST /api/servers/{name}/undrain', { params: { name } })

export const confirmClock = (input: { readonly force: boolean }) =>
  call('POST /api/servers/confirm-clock', { body: input })

/** The server that shows this page; empty until it is known. */
export function useServerName(): string {
  const health = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => call('GET /api/health', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: false,
  })
  return health.data?.server ?? ''
}
