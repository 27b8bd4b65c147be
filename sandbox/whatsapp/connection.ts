/** One connection of a client: websocket, handshake, then stanzas, handled one after the other. */
import { type BinaryNode, decodeBinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys'
import type { Device, Wire } from './account.ts'
import { FrameReader, frameOf, NoiseServer } from './noise.ts'
import { makeId, type Stanza, stanza } from './stanza.ts'
import type { WebSocketPeer } from './websocket.ts'
import type { ConnectionLine, World } from './world.ts'

/** What the server does with a connection; in a table of its own, so that a connection knows no rules. */
export interface Rules {
  /** The handshake is over. */
  began(world: World, connection: Connection, said: ReturnType<NoiseServer['clientFinish']>): void
  received(world: World, connection: Connection, given: Stanza): Promise<void>
  closed(world: World, connection: Connection): void
}

let lastId = 0

export class Connection implements Wire {
  readonly id: number
  readonly line: ConnectionLine
  readonly closed: Promise<undefined>
  device: Device | undefined
  delayMs = 0
  readonly #world: World
  readonly #peer: WebSocketPeer
  readonly #rules: Rules
  readonly #frames = new FrameReader()
  readonly #noise: NoiseServer
  readonly #queries = new Map<string, { resolve: (answer: Stanza) => void; reject: (error: Error) => void }>()
  #stage: 'hello' | 'finish' | 'open' = 'hello'
  #silent = false
  #turn: Promise<void> = Promise.resolve()
  #outgoing: Promise<void> = Promise.resolve()

  constructor(world: World, peer: WebSocketPeer, rules: Rules) {
    lastId += 1
    this.id = lastId
    this.#world = world
    this.#peer = peer
    this.#rules = rules
    this.#noise = new NoiseServer(world.staticKey)
    const unknown = { number: undefined, device: undefined, registeredAtMs: undefined }
    const later = { loggedInAtMs: undefined, caughtUpAtMs: undefined, closedAtMs: undefined }
    this.line = { id: this.id, openedAtMs: performance.now(), ...unknown, ...later }
    world.connections.push(this.line)
    world.wires.add(this)
    world.events.add({ kind: 'upgraded', connection: this.id })
    peer.onMessage = (bytes) => {
      this.#turn = this.#turn
        .then(() => this.#read(bytes))
        .catch((error: unknown) => {
          world.events.add({ kind: 'broken', connection: this.id, reason: String(error) })
          this.drop()
        })
    }
    this.closed = new Promise((resolve) => {
      peer.onClose = () => {
        this.#onClose()
        resolve(undefined)
      }
    })
  }

  send(given: Stanza): void {
    if (this.#silent || this.#stage !== 'open') return
    if (this.delayMs === 0) {
      this.#write(given)
      return
    }
    const due = new Promise<void>((resolve) => {
      setTimeout(resolve, this.delayMs)
    })
    this.#outgoing = Promise.all([this.#outgoing, due]).then(() => this.#write(given))
  }

  query(given: Stanza): Promise<Stanza> {
    const id = given.attrs['id'] ?? makeId()
    return new Promise((resolve, reject) => {
      this.#queries.set(id, { resolve, reject })
      this.send({ ...given, attrs: { ...given.attrs, id } })
    })
  }

  endStream(code: number | undefined): void {
    const conflict = (type: string) => [stanza('conflict', { type })]
    if (code === undefined) this.#say(stanza('stream:error', {}, conflict('replaced')))
    else this.#say(stanza('stream:error', { code }, code === 401 ? conflict('device_removed') : []))
    this.#peer.close()
  }

  fail(reason: number): void {
    this.#say(stanza('failure', { reason, location: 'fake' }))
    this.#peer.close()
  }

  drop(): void {
    this.#peer.drop()
  }

  fallSilent(): void {
    this.#silent = true
  }

  #say(given: Stanza): void {
    this.#silent = false
    this.#write(given)
  }

  #write(given: BinaryNode): void {
    if (this.#silent) return
    this.#peer.send(frameOf(this.#noise.seal(encodeBinaryNode(given))))
  }

  async #read(bytes: Buffer): Promise<void> {
    for (const frame of this.#frames.read(bytes)) {
      if (this.#silent) continue
      if (this.#stage === 'hello') {
        this.#peer.send(frameOf(this.#noise.serverHello(frame)))
        this.#stage = 'finish'
      } else if (this.#stage === 'finish') {
        const said = this.#noise.clientFinish(frame)
        this.#stage = 'open'
        this.#rules.began(this.#world, this, said)
      } else {
        await this.#handle(await decodeBinaryNode(this.#noise.open(frame)))
      }
    }
  }

  async #handle(given: Stanza): Promise<void> {
    const answers = given.tag === 'iq' && (given.attrs['type'] === 'result' || given.attrs['type'] === 'error')
    const waiting = answers ? this.#queries.get(given.attrs['id'] ?? '') : undefined
    if (waiting === undefined) {
      await this.#rules.received(this.#world, this, given)
      return
    }
    this.#queries.delete(given.attrs['id'] ?? '')
    waiting.resolve(given)
  }

  #onClose(): void {
    this.line.closedAtMs = performance.now()
    this.#world.wires.delete(this)
    this.#rules.closed(this.#world, this)
    for (const { reject } of this.#queries.values()) reject(new Error('the connection is closed'))
    this.#queries.clear()
    this.#world.events.add({ kind: 'closed', connection: this.id })
  }
}
