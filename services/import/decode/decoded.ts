/** A JSON value that a staging table takes; amounts as text. */
export type Column = string | number | boolean | null | readonly string[]

/** What a document says, in our words. */
export interface Decoded {
  readonly key: string
  readonly tenant: string | null
  /** By which other documents name it. */
  readonly number: string | null
  readonly state: string
  readonly amount: bigint
  /** What is kept of it beside the row that it becomes. */
  readonly details: Readonly<Record<string, unknown>>
  /** The columns of its staging table. */
  readonly columns: Readonly<Record<string, Column>>
  /** What tells a changed document from the same one, where that is not all of the above; may hold secrets. */
  readonly identity?: unknown
}
