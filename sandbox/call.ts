import type { Upload } from './read-body.ts'
import type { Bot, World } from './world.ts'

/** Parameters of a call, as JSON, form or query gave them. */
export type Values = Readonly<Record<string, unknown>>

/** One call of a Bot API method. */
export interface Call {
  readonly world: World
  readonly bot: Bot
  readonly values: Values
  readonly uploads: ReadonlyMap<string, Upload>
  /** Aborts when the client goes away. */
  readonly gone: AbortSignal
}

/** A parameter as text; undefined when it is missing or no plain value. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}
