/** Something that an import decided and that the person should know: how often, and a few places where to look. */
export interface Note {
  readonly about: string
  readonly count: number
  readonly message: string
  /** `file:line` of the first few. */
  readonly places: readonly string[]
}

const placesMax = 5

/** Collects notes by their subject. */
export class Notes {
  readonly #notes = new Map<string, { message: string; count: number; places: string[] }>()

  add(about: string, message: string, places: readonly string[], count = Math.max(1, places.length)): void {
    const note = this.#notes.get(about) ?? { message, count: 0, places: [] }
    note.count += count
    note.places.push(...places.slice(0, placesMax - note.places.length))
    this.#notes.set(about, note)
  }

  list(): Note[] {
    return [...this.#notes].map(([about, note]) => ({ about, ...note }))
  }
}
