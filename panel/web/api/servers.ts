import { useQuery } from '@tanstack/react-query'
import { call } from './call.ts'
import type { ServerInfo, Servers, ServerView } from './views.ts'

export const useServers = (options: { readonly enabled?: boolean } = {}) =>
  useQuery({
    queryKey: ['servers'],
    queryFn: ({ signal }) => call<Servers>('/api/servers', { signal }),
    refetchInterval: 10_000,
    ...options,
  })

export const useServerInfo = () =>
  useQuery({ queryKey: ['servers', 'info'], queryFn: ({ signal }) => call<ServerInfo>('/api/server-info', { signal }) })

const pathOf = (name: string) => `/api/servers/${encodeURIComponent(name)}`

export const drainServer = (input: { readonly name: string; readonly pinned: 'stay' | 'stop' }) =>
  call<ServerView>(`${pathOf(input.name)}/drain`, { body: { pinned: input.pinned } })

export const undrainServer = (name: string) => call<ServerView>(`${pathOf(name)}/undrain`, { body: {} })

export const confirmClock = (input: { readonly force: boolean }) =>
  call<unknown>('/api/servers/confirm-clock', { body: input })
