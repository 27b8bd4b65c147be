import { useQuery } from '@tanstack/react-query'
import { call } from './call.ts'
import { useHistory, useList } from './list.ts'
import type { EventView, InstanceView, PairingView, PeriodView, SampleView, Subscribed, TokenVerdict } from './views.ts'

export interface BotFilter {
  readonly status?: string
  readonly server?: string
  readonly platform?: string
  readonly q?: string
  readonly tenant?: string
  readonly expiring_within?: string
}

export const useBots = (filter: BotFilter) => useList<InstanceView>('bots', '/api/instances', { ...filter, limit: 100 })

const pathOf = (id: string) => `/api/instances/${encodeURIComponent(id)}`

export const useBot = (id: string) =>
  useQuery({ queryKey: ['bots', id], queryFn: ({ signal }) => call<InstanceView>(pathOf(id), { signal }) })

export const useBotEvents = (id: string) => useHistory<EventView>('bots', `${pathOf(id)}/events`, { limit: 50 })

export const useBotPeriods = (id: string) =>
  useQuery({
    queryKey: ['bots', id, 'periods'],
    queryFn: ({ signal }) => call<{ items: PeriodView[] }>(`${pathOf(id)}/periods`, { signal }),
  })

export const useBotSamples = (id: string, hours: number) =>
  useQuery({
    queryKey: ['samples', id, hours],
    queryFn: ({ signal }) => call<{ items: SampleView[] }>(`${pathOf(id)}/samples`, { query: { hours }, signal }),
    refetchInterval: 15_000,
  })

export const usePairing = (id: string) =>
  useQuery({
    queryKey: ['pairing', id],
    queryFn: ({ signal }) => call<PairingView>(`${pathOf(id)}/pairing-code`, { signal }),
    refetchInterval: 3_000,
  })

export const askForCode = (id: string, method: 'code' | 'qr') =>
  call<PairingView>(`${pathOf(id)}/regenerate-code`, { body: { method } })

/** What a bot is told; each is a path of its own. */
export type BotVerb = 'start' | 'stop' | 'restart' | 'expire' | 'suspend' | 'activate' | 'approve' | 'renew' | 'move'

export interface BotCommand {
  readonly id: string
  readonly verb: BotVerb | 'delete'
  readonly body?: Readonly<Record<string, unknown>>
}

export function tellBot({ id, verb, body }: BotCommand, idempotencyKey: string): Promise<InstanceView | Subscribed> {
  if (verb === 'delete') return call(pathOf(id), { method: 'DELETE', idempotencyKey })
  return call(`${pathOf(id)}/${verb}`, { body: body ?? {}, idempotencyKey })
}

export interface NewBot {
  readonly platform: string
  readonly name: string
  readonly phone_number?: string
  readonly token?: string
  readonly owner_id?: string
  readonly tenant?: string
  readonly placement?: string
}

export const createBot = (bot: NewBot, idempotencyKey: string) =>
  call<InstanceView>('/api/instances', { body: bot, idempotencyKey })

export const checkToken = (token: string) => call<TokenVerdict>('/api/check-token', { body: { token } })

export interface BotEdit {
  readonly id: string
  readonly changes: Readonly<Record<string, string | number>>
}

export const editBot = ({ id, changes }: BotEdit) => call<InstanceView>(pathOf(id), { method: 'PATCH', body: changes })

export const setToken = ({ id, token }: { readonly id: string; readonly token: string }) =>
  call<InstanceView>(`${pathOf(id)}/token`, { method: 'PUT', body: { token } })
