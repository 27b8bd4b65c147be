/** One result row set, as pg returns it. */
export interface QueryOutcome<Row> {
  readonly rows: Row[]
  /** Rows returned or affected: the verdict of a guarded statement. */
  readonly rowCount: number
}

/** A statement that every connection keeps parsed under its name, since it runs all the time; one name is one text. */
export interface Prepared {
  readonly name: string
  readonly text: string
}

/** Something that runs parametrised SQL: a transaction, or the pool for a single statement. */
export interface Queryable {
  query<Row = Record<string, unknown>>(
    statement: string | Prepared,
    values?: readonly unknown[],
  ): Promise<QueryOutcome<Row>>
}

/** An open transaction. Services take it first; only `Database.transaction` makes one. */
export interface Tx extends Queryable {
  readonly open: true
}
