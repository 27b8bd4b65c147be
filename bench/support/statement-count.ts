/**
 * Counts statements as Postgres logs them (`log_statement`), by the database of the connection that sent them. The
 * log's prefix has only the pid, and `log_connections` says which database a pid belongs to.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import type { Bench } from './bench.ts'

export interface Statement {
  readonly pid: number
  readonly text: string
}

export class StatementCount {
  readonly #bench: Bench
  readonly #databaseOf = new Map<number, string>()
  #readTo: number

  private constructor(bench: Bench) {
    this.#bench = bench
    this.#readTo = statSync(bench.postgresLog).size
  }

  /** Turns logging on for every connection that is made from now on. */
  static async begin(bench: Bench): Promise<StatementCount> {
    await configure(bench, ["log_statement = 'all'", "log_connections = 'authorization'"])
    return new StatementCount(bench)
  }

  /** The statements since the last call, by database; those of the bench itself are left out. */
  take(): Map<string, Statement[]> {
    const byDatabase = new Map<string, Statement[]>()
    for (const line of this.#newLines()) {
      const [, pid = '', rest = ''] = /_\[(\d+)\]_LOG: {2}(.*)$/.exec(line) ?? []
      const connected = /^connection authorized: .*database=(\S+)(?: application_name=(.*?))?(?: SSL|$)/.exec(rest)
      if (connected !== null) this.#databaseOf.set(Number(pid), databaseOf(connected))
      const text = /^(?:statement|execute [^:]*): (.*)$/.exec(rest)?.[1]
      const database = this.#databaseOf.get(Number(pid))
      if (text === undefined || database === undefined) continue
      byDatabase.set(database, [...(byDatabase.get(database) ?? []), { pid: Number(pid), text }])
    }
    return byDatabase
  }

  /** Turns logging off again. */
  end(): Promise<void> {
    return configure(this.#bench, ['log_statement = default', 'log_connections = default'])
  }

  #newLines(): string[] {
    const size = statSync(this.#bench.postgresLog).size
    const buffer = Buffer.alloc(size - this.#readTo)
    const file = openSync(this.#bench.postgresLog, 'r')
    const read = readSync(file, buffer, 0, buffer.length, this.#readTo)
    closeSync(file)
    this.#readTo += read
    return buffer.toString('utf8', 0, read).split('\n')
  }
}

/** The bench looks at the same databases by connections of its own, which count for nobody. */
function databaseOf([, database = '', application = '']: RegExpExecArray): string {
  return application === 'bench' ? 'bench' : database
}

async function configure(bench: Bench, settings: readonly string[]): Promise<void> {
  for (const setting of settings) await bench.admin.query(`alter system set ${setting}`)
  await bench.admin.query('select pg_reload_conf()')
}
