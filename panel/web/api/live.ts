/**
 * What changes, as it happens: one stream of events a page. An event only says what to read anew; it is never the truth
 * itself, so a lost one costs time and nothing else.
 */
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { reach, sessionEnded } from './call.ts'
import { createStore, useStore } from './store.ts'

/** Whether changes are told as they happen; while they are not, the pages ask from time to time. */
export const live = createStore(false)

/** The bot whose log is followed on the same stream. */
export const followedLog = createStore<string | undefined>(undefined)
/** Grows whenever the followed log has new lines. */
export const logWakes = createStore(0)

/** First words of the queries that a change makes stale, by its topic. */
const staleBy: Readonly<Record<string, readonly string[]>> = {
  instance: ['bots', 'servers', 'agents'],
  pairing: ['pairing', 'bots'],
  server: ['servers'],
  order: ['orders', 'customers', 'catalogue', 'agents'],
  top_up: ['top-ups', 'customers'],
  withdrawal: ['withdrawals', 'agents'],
  catalogue: ['catalogue'],
  customer: ['customers'],
  broadcast: ['broadcasts'],
  shop: ['agents', 'shops'],
  outbox: ['messages'],
}

/** Many changes at once are one reading. */
const gatherMs = 250
/** How soon a stream that was refused is asked for again: twice as long each time. */
const openAgainMs = { first: 5_000, max: 60_000 }

/** Follows the server's events while somebody is signed in. */
export function useLiveUpdates(): void {
  const client = useQueryClient()
  const log = useStore(followedLog)
  const ended = useStore(sessionEnded)
  useEffect(() => (ended ? undefined : openStream(client, log)), [client, log, ended])
}

/** Reads anew what is shown; a log goes on where it is. */
export function readAnew(client: QueryClient): void {
  void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'log' })
  logWakes.set(logWakes.get() + 1)
}

/** @returns what ends it. */
function openStream(client: QueryClient, log: string | undefined): () => void {
  const stale = new Set<string>()
  let gathering: ReturnType<typeof setTimeout> | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let againInMs = openAgainMs.first
  let source: EventSource | undefined
  const flush = () => {
    gathering = undefined
    for (const word of stale) void client.invalidateQueries({ queryKey: [word] })
    stale.clear()
  }
  const hear = (topic: string) => {
    for (const word of staleBy[topic] ?? []) stale.add(word)
    gathering ??= setTimeout(flush, gatherMs)
  }
  const connect = () => {
    source = new EventSource(`/api/events${log === undefined ? '' : `?logs=${encodeURIComponent(log)}`}`)
    source.addEventListener('ready', () => {
      live.set(true)
      againInMs = openAgainMs.first
      // What happened before the stream was open nobody told us.
      readAnew(client)
    })
    source.addEventListener('change', ({ data }: MessageEvent<string>) => hear(topicOf(data)))
    source.addEventListener('resync', () => readAnew(client))
    source.addEventListener('log', () => logWakes.set(logWakes.get() + 1))
    source.addEventListener('database', ({ data }: MessageEvent<string>) => {
      reach.set(data.includes('false') ? 'database_away' : 'fine')
    })
    source.addEventListener('bye', ({ data }: MessageEvent<string>) => {
      if (data.includes('signed_out')) sessionEnded.set(true)
      // Who may not read the log any more hears the rest.
      else if (data.includes('not_allowed')) followedLog.set(undefined)
    })
    source.addEventListener('error', () => {
      live.set(false)
      // The browser tries again by itself unless it was answered with a refusal.
      if (source?.readyState !== EventSource.CLOSED) return
      again = setTimeout(connect, againInMs)
      againInMs = Math.min(2 * againInMs, openAgainMs.max)
    })
  }
  connect()
  return () => {
    source?.close()
    clearTimeout(gathering)
    clearTimeout(again)
    live.set(false)
  }
}

function topicOf(data: string): string {
  const change: unknown = JSON.parse(data)
  return typeof change === 'object' && change !== null && 'topic' in change ? String(change.topic) : ''
}
