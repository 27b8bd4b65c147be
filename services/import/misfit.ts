/** A document that does not fit: why, and what to do about it. Thrown by whatever reads it. */
export class Misfit extends Error {}

/** A row of the report of an import that was refused. */
export interface MisfitRow {
  readonly file: string
  readonly line: number
  readonly why: string
}

const rowsMax = 10_000

/** All that does not fit, up to a limit; the import goes on to find the rest, and then changes nothing. */
export class Misfits {
  readonly #rows: MisfitRow[] = []
  readonly #files = new Set<string>()
  count = 0

  add(row: MisfitRow): void {
    this.count += 1
    this.#files.add(row.file)
    if (this.#rows.length < rowsMax) this.#rows.push(row)
  }

  /** Whether a file has some: what others say of its documents cannot be judged then. */
  isIn(file: string | undefined): boolean {
    return file !== undefined && this.#files.has(file)
  }

  /** File by file, in the order of their lines. */
  list(): MisfitRow[] {
    return this.#rows.toSorted((one, other) => one.file.localeCompare(other.file) || one.line - other.line)
  }
}
