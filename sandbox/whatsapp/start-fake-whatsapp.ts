/**
 * A fake WhatsApp server for the tests and the demo: it speaks the real protocol over ws:// on loopback to the
 * unmodified client, keeps everything in memory, and forgets it when it stops, but for its accounts where it is told to.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Failure } from '../../domain/failure.ts'
import { Connection } from './connection.ts'
import type { Fault } from './faults.ts'
import type { Happenings } from './happenings.ts'
import { AccountKeeper } from './keep-accounts.ts'
import type { MediaHost } from './media-host.ts'
import { Phone } from './phone.ts'
import { rules } from './session.ts'
import { makeId } from './stanza.ts'
import { WebSocketPeer } from './websocket.ts'
import { type AccountChange, type ConnectionLine, type ServerEvent, World } from './world.ts'

const path = '/ws/chat'

export interface FakeWhatsApp {
  /** For `WHATSAPP_WS_URL`. */
  readonly url: string
  readonly events: Happenings<ServerEvent>
  /** Every connection that was upgraded, oldest first. */
  readonly connections: readonly ConnectionLine[]
  readonly media: MediaHost
  /** All phones, oldest first. */
  phones(): Phone[]
  /** Tells of what happens on phones and to their companions. @returns what ends the listening */
  onChange(listener: (change: AccountChange) => void): () => void
  /** The phone of a number (digits), made when there is none yet. */
  phoneOf(number: string): Phone
  /** A person with a phone; the number is made up when left out. */
  addPerson(given: { name: string; number?: string; addressing?: 'lid' | 'pn' | 'hidden' }): Phone
  /** @returns the group's jid */
  addGroup(subject: string, members: readonly string[]): string
  plantFault(fault: Fault): void
  clearFaults(): void
  /** How often planted faults will still strike. */
  faultsLeft(): number
  /** Clients of an older version get 405. */
  requireVersion(version: readonly [number, number, number]): void
  /** The most connections of one device that were logged in at the same time; of any device when left out. */
  mostOfOneDevice(number?: string): number
  /**
   * The most connections that were opened and neither caught up nor waiting to be linked, at the same time; of those
   * opened after a moment (of `performance.now()`) where one is given.
   */
  mostConnecting(sinceMs?: number): number
  /** Breaks every connection and refuses new ones; what it knows stays. */
  goAway(): Promise<void>
  /** Listens again, on the same port. */
  comeBack(): Promise<void>
  /** Ends every connection; may be called twice. */
  stop(): Promise<void>
}

export interface FakeWhatsAppOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** A file that keeps the accounts and their linked devices for the next start; none when left out. */
  readonly keptIn?: string | undefined
  /** Phones send a newly linked device their keys and an empty history; on unless turned off. */
  readonly syncsHistory?: boolean | undefined
}

/** Starts a fake server on loopback. Throws `conflict` when the port is taken. */
export async function startFakeWhatsApp(options: FakeWhatsAppOptions = {}): Promise<FakeWhatsApp> {
  silenceLibsignal()
  const world = new World()
  world.syncsHistory = options.syncsHistory ?? true
  const keeper = options.keptIn === undefined ? undefined : new AccountKeeper(world, options.keptIn)
  await keeper?.start()
  const sockets = new Set<Duplex>()
  const server = createServer((request, response) => {
    world.media.answer(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => upgrade(world, request, socket, head))
  const port = await listen(server, options.port ?? 0)
  world.media.host = `127.0.0.1:${port}`
  return {
    url: `ws://127.0.0.1:${port}${path}`,
    events: world.events,
    connections: world.connections,
    media: world.media,
    ...controls(world),
    goAway: () => close(server, sockets),
    comeBack: async () => void (await listen(server, port)),
    stop: async () => {
      await close(server, sockets)
      await keeper?.stop()
      for (const account of world.accounts) account.party.close()
    },
  }
}

/** libsignal prints whole sessions, private keys included; nothing of ours uses the console. */
function silenceLibsignal(): void {
  Object.assign(console, { info() {}, warn() {}, error() {} })
}

type Controls = Omit<FakeWhatsApp, 'url' | 'events' | 'connections' | 'media' | 'goAway' | 'comeBack' | 'stop'>

function controls(world: World): Controls {
  let people = 0
  return {
    phones: () => [...world.accounts].map((account) => new Phone(world, account)),
    onChange: (listener) => world.onChange(listener),
    phoneOf: (number) => new Phone(world, world.account(number)),
    addPerson: ({ name, number, addressing = 'lid' }) => {
      people += 1
      const account = world.account(number ?? String(15_550_100_000 + people))
      account.name = name
      account.addressing = addressing
      return new Phone(world, account)
    },
    addGroup: (subject, members) => {
      const jid = `1203630${Number.parseInt(makeId().slice(0, 8), 16)}@g.us`
      world.groups.set(jid, { jid, subject, members: members.map((number) => world.account(number)) })
      return jid
    },
    plantFault: (fault) => world.faults.plant(fault),
    clearFaults: () => world.faults.clear(),
    faultsLeft: () => world.faults.left,
    requireVersion: (version) => {
      world.oldestVersion = version
    },
    mostOfOneDevice: (number) => mostOfOneDevice(world.connections, number),
    mostConnecting: (sinceMs = 0) =>
      mostAtOnce(
        world.connections
          .filter(({ openedAtMs }) => openedAtMs >= sinceMs)
          .map((line) => [line.openedAtMs, line.caughtUpAtMs ?? line.registeredAtMs ?? line.closedAtMs]),
      ),
  }
}

function upgrade(world: World, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy())
  const fault = world.faults.take(['http_status', 'silent_upgrade', 'silent_handshake', 'drop_upgraded'])
  if (fault?.kind === 'silent_upgrade') return
  if (fault?.kind === 'http_status') {
    socket.end(`HTTP/1.1 ${fault.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    return
  }
  const connection = new Connection(world, new WebSocketPeer(request, socket, head), rules)
  if (fault?.kind === 'silent_handshake') connection.fallSilent()
  if (fault?.kind === 'drop_upgraded') connection.drop()
}

function mostOfOneDevice(lines: readonly ConnectionLine[], number: string | undefined): number {
  const spans = new Map<string, (readonly [number, number | undefined])[]>()
  for (const line of lines) {
    if (line.loggedInAtMs === undefined || (number !== undefined && line.number !== number)) continue
    const device = `${line.number ?? ''}:${line.device ?? 0}`
    spans.set(device, [...(spans.get(device) ?? []), [line.loggedInAtMs, line.closedAtMs]])
  }
  return Math.max(0, ...[...spans.values()].map(mostAtOnce))
}

/** The most spans of time that overlap; one without an end lasts until now. */
function mostAtOnce(spans: readonly (readonly [number, number | undefined])[]): number {
  const steps = spans.flatMap(([from, to]) => [
    { at: from, by: 1 },
    { at: to ?? Number.POSITIVE_INFINITY, by: -1 },
  ])
  let [now, most] = [0, 0]
  for (const { by } of steps.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `port ${port} for the fake WhatsApp is taken`
      reject(cause.code === 'EADDRINUSE' ? new Failure('conflict', taken, { cause }) : cause)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

async function close(server: Server, sockets: ReadonlySet<Duplex>): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })
}
