/** A guard of the database: what it refuses, and how it is taken away. */
export interface Guard {
  readonly drop: string
  readonly attempt: string | readonly string[]
  /** Guards that stand in the way as well, dropped in both cases. */
  readonly given?: readonly string[]
}

export const trigger = (name: string, table: string) => `drop trigger ${name} on ${table}`
export const constraint = (name: string, table: string) => `alter table ${table} drop constraint ${name}`
export const domain = (name: string) => `alter domain ${name} drop constraint ${name}_check`
