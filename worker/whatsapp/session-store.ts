/**
 * The linked device's credentials and keys, at the gateway. What is written is written in order, one call at a time, and
 * what gathers meanwhile goes together in the next. The lease is exclusive, so what this worker knows of a key is true:
 * nothing is read twice while there is room to remember it.
 *
 * Once anything could not be read or written, nothing is written any more: what took a key that does not open for one
 * that there is not would write a new identity over it.
 */
import type { GatewayClient } from '../gateway-client.ts'
import { WorkerExit } from '../worker-exit.ts'
import { type Creds, type DeviceKeys, freshCreds, isLinked, readCreds, writeCreds } from './baileys-adapter.ts'

type Entry = Parameters<DeviceKeys['set']>[0][number]

interface Batch {
  creds: boolean
  readonly keys: Map<string, Entry>
  readonly written: Promise<void>
  readonly settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void }
}

/** What is remembered of keys, in characters: some 500 contacts that write. */
const rememberedMax = 2_000_000
const keysPerCallMax = 1500
/** These are made by hundreds, and each is read once. */
const notRemembered = new Set(['pre-key'])

export class SessionStore {
  readonly #gateway: Pick<GatewayClient, 'call'>
  readonly #onBroken: (error: unknown) => void
  readonly #remembered = new Map<string, string | null>()
  #rememberedSize = 0
  /** Undefined: of no device yet. */
  #creds: Creds | undefined
  /** Grows when a connection is over: what it still reads, decrypts and commits is heard by nobody. */
  #generation = 0
  #waiting: Batch | undefined
  #writing: Batch | undefined
  #broken: { readonly error: unknown } | undefined

  /** `onBroken` hears of the first failure; it ends the worker. */
  constructor(gateway: Pick<GatewayClient, 'call'>, onBroken: (error: unknown) => void) {
    this.#gateway = gateway
    this.#onBroken = onBroken
  }

  /**
   * Reads the credentials. A device that was about to be linked when its worker ended is none: it would log in without a
   * number of its own, and the server would refuse it.
   */
  async open(): Promise<void> {
    const { creds: text } = await this.#gateway.call('waOpen', {})
    const creds = text === null ? undefined : parsed(text)
    this.#creds = creds !== undefined && isLinked(creds) ? creds : undefined
  }

  /** Those of a device that nobody has linked yet, where there is no other. */
  get creds(): Creds {
    this.#creds ??= freshCreds()
    return this.#creds
  }

  get isLinked(): boolean {
    return this.#creds !== undefined && isLinked(this.#creds)
  }

  /** Begins anew with a device that nobody has linked yet; nothing of the one before may be under way. */
  startFresh(): void {
    this.letGo()
    this.#creds = undefined
    // What was about to be written goes nowhere; what is on its way is waited for by whoever forgets.
    if (this.#writing === this.#waiting) this.#writing = undefined
    this.#waiting?.settle.reject(isOver())
    this.#waiting = undefined
    this.#remembered.clear()
    this.#rememberedSize = 0
  }

  /** The credentials have changed. Those of a device that is not linked yet are of no use to a successor. */
  credsChanged(): void {
    this.#batch().creds = true
    this.#write()
  }

  /**
   * A connection is over: of the keys that it was given none is read or written any more. The next one reads the same
   * rows, and a commit of before that comes late would take back what that one has made of them.
   */
  letGo(): void {
    this.#generation += 1
  }

  /** The device's keys, for a connection that begins now; until it is over (`letGo`). */
  keys(): DeviceKeys {
    const generation = this.#generation
    const refuseOld = () => {
      if (generation !== this.#generation) throw isOver()
    }
    return {
      get: async (type, ids) => {
        refuseOld()
        return this.#get(type, ids)
      },
      set: async (entries) => {
        refuseOld()
        await this.#set(entries)
      },
    }
  }

  async #get(type: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    this.#refuseBroken()
    const found = new Map<string, string | null>()
    const missing: string[] = []
    for (const id of ids) {
      const known = this.#known(nameOf(type, id))
      if (known === undefined) missing.push(id)
      else found.set(id, known)
    }
    // A device that nobody has linked has nothing but what it has just said.
    if (!this.isLinked) for (const id of missing) found.set(id, null)
    else if (missing.length > 0) for (const [id, value] of await this.#read(type, missing)) found.set(id, value)
    return found
  }

  async #set(entries: readonly Entry[]): Promise<void> {
    this.#refuseBroken()
    if (entries.length === 0) return
    const batch = this.#batch()
    for (const entry of entries) {
      const name = nameOf(entry.type, entry.id)
      batch.keys.set(name, entry)
      if (!notRemembered.has(entry.type)) this.#remember(name, entry.value)
    }
    // It goes with the credentials, once there is a phone behind them.
    if (!this.isLinked) return
    this.#write()
    await batch.written
  }

  /** Resolves when all that was to be written is; rejects when it could not be. */
  async flush(): Promise<void> {
    for (;;) {
      const batch = (this.isLinked ? this.#waiting : undefined) ?? this.#writing
      if (batch === undefined) break
      await batch.written
    }
    this.#refuseBroken()
  }

  /** The device was unlinked: credentials and keys go together. */
  async forget(): Promise<void> {
    this.startFresh()
    await this.flush()
    await this.#gateway.call('waForget', {})
  }

  #known(name: string): string | null | undefined {
    for (const batch of [this.#waiting, this.#writing]) {
      const entry = batch?.keys.get(name)
      if (entry !== undefined) return entry.value
    }
    const value = this.#remembered.get(name)
    if (value === undefined) return undefined
    // What was asked for last is forgotten last.
    this.#remembered.delete(name)
    this.#remembered.set(name, value)
    return value
  }

  async #read(type: string, ids: readonly string[]): Promise<(readonly [string, string | null])[]> {
    try {
      const { values } = await this.#gateway.call('waKeys', { type, ids: [...ids] })
      return ids.map((id) => {
        const name = nameOf(type, id)
        // It may have been written while it was on its way.
        const known = this.#known(name)
        const value = known === undefined ? (values[id] ?? null) : known
        if (value !== null) JSON.parse(value)
        if (!notRemembered.has(type)) this.#remember(name, value)
        return [id, value] as const
      })
    } catch (error) {
      throw this.#break(error instanceof SyntaxError ? unreadable('a key') : error)
    }
  }

  #remember(name: string, value: string | null): void {
    this.#forgetOne(name)
    this.#remembered.set(name, value)
    this.#rememberedSize += sizeOf(name, value)
    for (const oldest of this.#remembered.keys()) {
      if (this.#rememberedSize <= rememberedMax) return
      this.#forgetOne(oldest)
    }
  }

  #forgetOne(name: string): void {
    const value = this.#remembered.get(name)
    if (value === undefined) return
    this.#remembered.delete(name)
    this.#rememberedSize -= sizeOf(name, value)
  }

  #batch(): Batch {
    this.#waiting ??= makeBatch()
    return this.#waiting
  }

  #write(): void {
    if (this.#writing !== undefined || this.#waiting === undefined || !this.isLinked) return
    const batch = this.#waiting
    this.#writing = batch
    // What is said in the same moment goes in the same call: a change of credentials with the keys that it belongs to.
    queueMicrotask(() => {
      if (this.#writing !== batch) return
      if (this.#waiting === batch) this.#waiting = undefined
      void this.#writeBatch(batch).then(
        () => this.#written(batch),
        (error: unknown) => {
          this.#writing = undefined
          batch.settle.reject(this.#break(error))
        },
      )
    })
  }

  #written(batch: Batch): void {
    this.#writing = undefined
    batch.settle.resolve()
    this.#write()
  }

  async #writeBatch({ creds, keys }: Batch): Promise<void> {
    this.#refuseBroken()
    const all = [...keys.values()]
    let words = creds ? { creds: writeCreds(this.creds), linked: this.isLinked } : { creds: null, linked: false }
    for (let from = 0; from === 0 || from < all.length; from += keysPerCallMax) {
      await this.#gateway.call('waStore', { ...words, keys: all.slice(from, from + keysPerCallMax) })
      words = { creds: null, linked: false }
    }
  }

  #refuseBroken(): void {
    if (this.#broken !== undefined) throw this.#broken.error
  }

  #break(error: unknown): unknown {
    if (this.#broken === undefined) {
      this.#broken = { error }
      this.#waiting?.settle.reject(error)
      this.#waiting = undefined
      this.#onBroken(error)
    }
    return this.#broken.error
  }
}

function isOver(): Error {
  return new Error('this connection is over')
}

function nameOf(type: string, id: string): string {
  return `${type}/${id}`
}

function sizeOf(name: string, value: string | null): number {
  return name.length + (value?.length ?? 0) + 100
}

function makeBatch(): Batch {
  let settle: Batch['settle'] | undefined
  const written = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  written.catch(() => {})
  if (settle === undefined) throw new Error('a promise calls its executor at once')
  return { creds: false, keys: new Map(), written, settle }
}

function parsed(text: string): Creds {
  try {
    return readCreds(text)
  } catch {
    throw unreadable('what is kept of the linked device')
  }
}

function unreadable(what: string): WorkerExit {
  return new WorkerExit('session_error', `${what} cannot be read: restore a backup, or link the device anew`)
}
