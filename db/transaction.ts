/** One result row set, as pg returns it. */
export interface QueryOutcome<Row> {
  readonly rows: Row[]
  /** Rows returned or affected: the verdict of a guarded statement. */
  readonly rowCount: number
}

/** Something that runs parametrised SQL: a transaction, or the pool for a single statement. */
export interface Queryable {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<QueryOutcome<Row>>
}

/** An open transaction. Services take it first; only `Database.transaction` makes one. */
export interface Tx extends Queryable {
  readonly open: true
}
