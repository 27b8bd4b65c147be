/**
 * The last messages that were decrypted, as they were read. To decrypt a message uses up its key, and whoever loses its
 * words after that (a connection that drops, a process that is killed) could not read them when they are delivered again:
 * the library commits the key before it hands a message on. So the words are kept in the same commit, and found again by
 * what was encrypted. They stand in a ring of rows, so that nothing has to be removed.
 */
/** Rows of the ring: what may be under way between a key's commit and the inbox. */
const slotCount = 256
/** Longer ones are no messages of people, but the protocol's own. */
const bytesMax = 16 * 1024

interface Kept {
  readonly number: number
  /** Of what was encrypted. */
  readonly digest: string
  /** Base64. */
  readonly words: string
}

/** Where the words stand; within a transaction of the keys they are committed with them. */
export interface KeptRows {
  get(slots: readonly string[]): Promise<Readonly<Record<string, unknown>>>
  set(slot: string, value: Kept): Promise<void>
}

export class KeptWords {
  readonly #rows: KeptRows
  #loaded: Promise<void> | undefined
  readonly #byDigest = new Map<string, string>()
  readonly #digests: (string | undefined)[] = []
  #next = 0

  constructor(rows: KeptRows) {
    this.#rows = rows
  }

  /** The words of a message: those that were kept, or else what `decrypt` reads, which are kept from now on. */
  async read(encrypted: Uint8Array, decrypt: () => Promise<Uint8Array>): Promise<Uint8Array> {
    this.#loaded ??= this.#load()
    await this.#loaded
    const digest = digestOf(encrypted)
    const known = this.#byDigest.get(digest)
    if (known !== undefined) return Buffer.from(known, 'base64')
    const words = await decrypt()
    if (words.length <= bytesMax) await this.#keep(digest, Buffer.from(words).toString('base64'))
    return words
  }

  async #keep(digest: string, words: string): Promise<void> {
    const number = this.#next
    this.#next += 1
    this.#note({ number, digest, words })
    await this.#rows.set(String(number % slotCount), { number, digest, words })
  }

  #note({ number, digest, words }: Kept): void {
    const slot = number % slotCount
    const before = this.#digests[slot]
    if (before !== undefined) this.#byDigest.delete(before)
    this.#digests[slot] = digest
    this.#byDigest.set(digest, words)
  }

  async #load(): Promise<void> {
    const rows = await this.#rows.get(Array.from({ length: slotCount }, (_, slot) => String(slot)))
    for (const kept of Object.values(rows) as Kept[]) {
      this.#note(kept)
      this.#next = Math.max(this.#next, kept.number + 1)
    }
  }
}

function digestOf(encrypted: Uint8Array): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(encrypted).digest('base64')
}
