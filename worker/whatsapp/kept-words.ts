/**
 * The last messages that were read, with what the server said of them. To decrypt a message uses up its key, and the
 * library commits that and tells the server that the message has come before it hands it on. Whoever loses it in between
 * could not read it when it is delivered again (the connection dropped), or is never given it again (the process was
 * killed). So the words are kept in the commit of the key: they are found again by what was encrypted, and a connection that
 * has just begun looks through the last of them. They stand in a ring of rows, so that nothing has to be removed.
 */
import { keepNewest } from '../keep-newest.ts'

/** Rows of the ring: what may be under way between a key's commit and the inbox. */
const slotCount = 256
/** Longer ones are no messages of people, but the protocol's own. */
const bytesMax = 16 * 1024
/** What is known of messages that wait to be read: as many as may have gathered while nobody was connected. */
const heardMax = 10_000
/** What came so long before the last one was in the inbox when that came. */
const recentMs = 60_000
/** What is older is nobody's any more: the inbox may have forgotten that it was answered, after 48 hours at the least. */
const oldMs = 24 * 3_600_000

/** What the server says of a message: its id, where it is from, when it was sent. */
export type Stanza = Readonly<Record<string, string>>

interface Kept {
  readonly number: number
  /** Of what was encrypted. */
  readonly digest: string
  /** Base64. */
  readonly words: string
  readonly stanza: Stanza | null
  /** Wall time. */
  readonly atMs: number
}

/** Where the words stand; within a transaction of the keys they are committed with them. */
export interface KeptRows {
  get(slots: readonly string[]): Promise<Readonly<Record<string, unknown>>>
  set(slot: string, value: Kept): Promise<void>
}

export class KeptWords {
  readonly #rows: KeptRows
  #loaded: Promise<void> | undefined
  readonly #slots: (Kept | undefined)[] = []
  /** The last of them when this connection began. */
  #earlier: readonly Kept[] = []
  readonly #byDigest = new Map<string, Kept>()
  /** What is being delivered, by the digest of what is encrypted in it. */
  readonly #stanzas = new Map<string, Stanza>()
  #next = 0

  constructor(rows: KeptRows) {
    this.#rows = rows
  }

  /** A message has come and is about to be read. */
  heard(encrypted: Uint8Array, stanza: Stanza): void {
    keepNewest(this.#stanzas, digestOf(encrypted), stanza, heardMax)
  }

  /** The words of a message: those that were kept, or else what `decrypt` reads, which are kept from now on. */
  async read(encrypted: Uint8Array, decrypt: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const digest = digestOf(encrypted)
    const stanza = this.#stanzas.get(digest) ?? null
    this.#stanzas.delete(digest)
    await this.#load()
    const known = this.#byDigest.get(digest)
    if (known !== undefined) return Buffer.from(known.words, 'base64')
    const read = await decrypt()
    if (read.length > bytesMax) return read
    const words = Buffer.from(read).toString('base64')
    const kept = { number: this.#next, digest, words, stanza, atMs: Date.now() }
    this.#next += 1
    this.#note(kept)
    await this.#rows.set(String(kept.number % slotCount), kept)
    return read
  }

  /** The last messages that earlier connections have kept, in their order: one of them may have come no further. */
  async recent(): Promise<{ stanza: Stanza; words: Uint8Array }[]> {
    await this.#load()
    return this.#earlier.flatMap(({ stanza, words }) =>
      stanza === null ? [] : [{ stanza, words: Buffer.from(words, 'base64') }],
    )
  }

  #note(kept: Kept): void {
    const slot = kept.number % slotCount
    const before = this.#slots[slot]
    if (before !== undefined) this.#byDigest.delete(before.digest)
    this.#slots[slot] = kept
    this.#byDigest.set(kept.digest, kept)
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#read()
    return this.#loaded
  }

  async #read(): Promise<void> {
    const rows = await this.#rows.get(Array.from({ length: slotCount }, (_, slot) => String(slot)))
    const all = Object.values(rows) as Kept[]
    for (const kept of all) {
      this.#note(kept)
      this.#next = Math.max(this.#next, kept.number + 1)
    }
    const last = all.reduce((latest, { atMs }) => Math.max(latest, atMs), 0)
    const from = Math.max(last - recentMs, Date.now() - oldMs)
    this.#earlier = all.filter(({ atMs }) => atMs >= from).sort((one, other) => one.number - other.number)
  }
}

function digestOf(encrypted: Uint8Array): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(encrypted).digest('base64')
}
