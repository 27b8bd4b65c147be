/**
 * A bot's log, wherever it is: its files are on the server that runs the bot, and another server is asked for them. The
 * panel and the CLI read by this.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decodePart } from '../domain/api/decode.ts'
import { logPageSchema } from '../domain/api/events.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import { askPeer, unreachable } from './ask-peer.ts'
import { type LogPage, type LogQuery, readLogPage } from './log-page.ts'

export interface InstanceLog {
  /** The server that has it. */
  readonly server: string
  /** Its file, where it is on this machine. */
  readonly path: string | undefined
  /** Throws `unavailable` naming the server when that is another and cannot be asked. */
  read(query: LogQuery, signal?: AbortSignal): Promise<LogPage>
}

export interface LogPlaces {
  /** The name of the server that asks. */
  readonly self: string
  /** The folder of the logs of all servers of this home. */
  readonly folder: string
  readonly keyring: () => Keyring | Promise<Keyring>
  readonly plainHttp: boolean
  /** Where another server says that it is. */
  readonly urlOf: (server: string) => Promise<string | null>
}

/** The path under which servers ask each other for a bot's log. */
export const peerLogPath = (id: string) => `/peer/instances/${id}/logs`

/** The log of a bot that `server` runs. */
export function openInstanceLog(places: LogPlaces, bot: { readonly id: string; readonly server: string }): InstanceLog {
  const path = logFileOf(places.folder, bot)
  // A second server of this machine may share the home; then its files are here as well.
  if (bot.server === places.self || existsSync(path)) {
    return { server: bot.server, path, read: (query) => readLogPage(path, query) }
  }
  return { server: bot.server, path: undefined, read: (query, signal) => readElsewhere(places, bot, { query, signal }) }
}

export function logFileOf(folder: string, bot: { readonly id: string; readonly server: string }): string {
  return join(folder, bot.server, `${bot.id}.log`)
}

async function readElsewhere(
  places: LogPlaces,
  { id, server }: { readonly id: string; readonly server: string },
  { query, signal }: { readonly query: LogQuery; readonly signal: AbortSignal | undefined },
): Promise<LogPage> {
  const asked = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  )
  const answer = await askPeer(
    { server, url: await places.urlOf(server) },
    `${peerLogPath(id)}?${new URLSearchParams(asked).toString()}`,
    { keyring: await places.keyring(), plainHttp: places.plainHttp, ...(signal === undefined ? {} : { signal }) },
  )
  try {
    return decodePart(logPageSchema, answer, 'the answer')
  } catch (error) {
    if (error instanceof Failure) throw unreachable(server, 'it speaks another version of botfleet', error)
    throw error
  }
}
