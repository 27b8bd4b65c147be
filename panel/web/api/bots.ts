import { useQuery } from '@tanstack/react-query'
import { type AnswerOf, call, type RequestOf } from './call.ts'
import { useHistory, useList } from './list.ts'
import type { EventView, InstanceView } from './views.ts'

export type BotFilter = Omit<NonNullable<RequestOf<'GET /api/instances'>['query']>, 'cursor' | 'limit'>

export const useBots = (filter: BotFilter) => useList('bots', 'GET /api/instances', { ...filter, limit: 100 })

export const useBot = (id: string) =>
  useQuery({
    queryKey: ['bots', id],
    queryFn: ({ signal }) => call('GET /api/instances/{id}', { params: { id }, signal }),
  })

export const useBotEvents = (id: string) =>
  useHistory<EventView>(['bots', id, 'events'], 50, ({ signal, ...query }) =>
    call('GET /api/instances/{id}/events', { params: { id }, query, signal }),
  )

export const useBotPeriods = (id: string) =>
  useQuery({
    queryKey: ['bots', id, 'periods'],
    queryFn: ({ signal }) => call('GET /api/instances/{id}/periods', { params: { id }, signal }),
  })

/** Until when it would run, by the server's clock and rule. */
export const useTerms = (id: string) =>
  useQuery({
    queryKey: ['bots', id, 'terms'],
    queryFn: ({ signal }) => call('GET /api/instances/{id}/terms', { params: { id }, signal }),
    refetchInterval: 30_000,
  })

export const useBotSamples = (id: string, hours: number) =>
  useQuery({
    queryKey: ['samples', id, hours],
    queryFn: ({ signal }) => call('GET /api/instances/{id}/samples', { params: { id }, query: { hours }, signal }),
    refetchInterval: 15_000,
  })

export const usePairing = (id: string) =>
  useQuery({
    queryKey: ['pairing', id],
    queryFn: ({ signal }) => call('GET /api/instances/{id}/pairing-code', { params: { id }, signal }),
    refetchInterval: 3_000,
  })

export const askForCode = (id: string, method: 'code' | 'qr') =>
  call('POST /api/instances/{id}/regenerate-code', { params: { id }, body: { method } })

interface PlainCommand {
  readonly id: string
  readonly verb: 'start' | 'stop' | 'restart' | 'expire' | 'activate'
}

interface PeriodCommand {
  readonly id: string
  readonly verb: 'approve' | 'renew'
  readonly body: RequestOf<'POST /api/instances/{id}/approve'>['body']
}

interface SuspendCommand {
  readonly id: string
  readonly verb: 'suspend'
  readonly body: { readonly reason: string }
}

interface DeleteCommand {
  readonly id: string
  readonly verb: 'delete'
}

/** What a bot is told. */
export type BotCommand = PlainCommand | PeriodCommand | SuspendCommand | DeleteCommand

export function tellBot(
  command: BotCommand,
  idempotencyKey: string,
): Promise<InstanceView | AnswerOf<'POST /api/instances/{id}/approve'>> {
  const params = { id: command.id }
  switch (command.verb) {
    case 'delete':
      return call('DELETE /api/instances/{id}', { params, idempotencyKey })
    case 'suspend':
      return call('POST /api/instances/{id}/suspend', { params, body: command.body, idempotencyKey })
    case 'approve':
    case 'renew':
      return call(`POST /api/instances/{id}/${command.verb}`, { params, body: command.body, idempotencyKey })
    case 'start':
    case 'stop':
    case 'restart':
    case 'expire':
    case 'activate':
      return call(`POST /api/instances/{id}/${command.verb}`, { params, idempotencyKey })
    default:
      return command satisfies never
  }
}

export type NewBot = RequestOf<'POST /api/instances'>['body']

export const createBot = (body: NewBot, idempotencyKey: string) => call('POST /api/instances', { body, idempotencyKey })

export const checkToken = (token: string) => call('POST /api/check-token', { body: { token } })

interface BotEdit {
  readonly id: string
  /** The revision that the person saw. */
  readonly revision: string | undefined
  readonly changes: RequestOf<'PATCH /api/instances/{id}'>['body']
}

export const editBot = ({ id, revision, changes }: BotEdit) =>
  call('PATCH /api/instances/{id}', { params: { id }, body: changes, ifMatch: revision })

export const setToken = ({ id, token }: { readonly id: string; readonly token: string }) =>
  call('PUT /api/instances/{id}/token', { params: { id }, body: { token } })
