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
  readonly rows: MisfitRow[] = []
  count = 0

  add(row: MisfitRow): void {
    this.count += 1
    if (this.rows.length < rowsMax) this.rows.push(row)
  }
}
