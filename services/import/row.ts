import { createHash } from 'node:crypto'
import { parseDecimalText } from '../../domain/decimal-text.ts'
import type { Fields, Value } from '../../domain/extended-json.ts'
import { type Currency, currencies } from '../../domain/money.ts'
import { masterTenant, parseTenant } from '../../domain/tenant.ts'
import { Misfit } from './misfit.ts'

/** The old system knew one currency. */
export const oldCurrency: Currency = 'USDT'
const scale = currencies[oldCurrency]
const amountMax = 2n ** 62n
/** How finely the sum of all roundings is kept: more than a double can say of an amount of money. */
const roundingScale = 40

/** How amounts and times are read, and what was noticed meanwhile. */
export class Reading {
  /** Amounts with more digits than the currency has are rounded; otherwise they do not fit. */
  readonly rounds: boolean
  roundedAmounts = 0
  /** In units of 10 to the power of minus `scale + roundingScale`. */
  #roundedSum = 0n
  timesWithoutZone = 0
  timesFromIds = 0

  constructor(options: { rounds: boolean }) {
    this.rounds = options.rounds
  }

  noteRounding({ amount, finer }: { amount: bigint; finer: number }): void {
    this.roundedAmounts += 1
    this.#roundedSum +=
      finer <= roundingScale
        ? amount * 10n ** BigInt(roundingScale - finer)
        : amount / 10n ** BigInt(finer - roundingScale)
  }

  /** What rounding has added to all amounts together, as a decimal string. */
  get roundedSum(): string {
    const size = this.#roundedSum < 0n ? -this.#roundedSum : this.#roundedSum
    const digits = size.toString().padStart(scale + roundingScale + 1, '0')
    const point = digits.length - scale - roundingScale
    const fraction = digits.slice(point).replace(/0+$/, '')
    return `${this.#roundedSum < 0n ? '-' : ''}${digits.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`
  }
}

/**
 * One document, read by the names that its fields have in one seed or the other; a name may lead into an inner object
 * (`links.support_link`). Missing, null and empty are the same. Everything throws `Misfit`.
 */
export class Row {
  readonly fields: Fields
  readonly #reading: Reading

  constructor(fields: Fields, reading: Reading) {
    this.fields = fields
    this.#reading = reading
  }

  /** The first of these that is there. */
  value(...names: readonly string[]): Value {
    for (const name of names) {
      const found = this.#find(name)
      if (found !== null && found !== '') return found
    }
    return null
  }

  text(...names: readonly string[]): string | null {
    const found = this.value(...names)
    if (found === null) return null
    if (typeof found === 'boolean') return String(found)
    if (typeof found !== 'string') throw new Misfit(`its ${names[0]} is not a text or a number`)
    return storable(found).trim() || null
  }

  /** A text in small letters. */
  word(...names: readonly string[]): string | null {
    return this.text(...names)?.toLowerCase() ?? null
  }

  flag(...names: readonly string[]): boolean {
    return ['true', '1', 'yes'].includes(this.word(...names) ?? '')
  }

  whole(range: { min: number; max: number }, ...names: readonly string[]): number | null {
    const text = this.text(...names)
    if (text === null) return null
    const read = parseDecimalText(text, 0)
    const value = Number(read?.amount)
    if (read?.rounded.amount !== 0n || value < range.min || value > range.max) {
      throw new Misfit(`its ${names[0]} is ${quoted(text)}: a whole number from ${range.min} to ${range.max} is needed`)
    }
    return value
  }

  /** An amount in the currency's smallest unit; it may be negative. */
  amount(...names: readonly string[]): bigint | null {
    const text = this.text(...names)
    if (text === null) return null
    const read = parseDecimalText(text, scale)
    if (read === null)
      throw new Misfit(`its ${names[0]} is ${quoted(text)}, which is no amount: write it as 12 or 12.5`)
    if (read.amount > amountMax || read.amount < -amountMax)
      throw new Misfit(`its ${names[0]} is more than can be counted`)
    if (read.rounded.amount === 0n) return read.amount
    if (!this.#reading.rounds) {
      throw new Misfit(
        `its ${names[0]} is ${quoted(text)}: ${oldCurrency} has ${scale} digits behind the point; --round rounds such amounts half up`,
      )
    }
    this.#reading.noteRounding(read.rounded)
    return read.amount
  }

  /** ISO 8601 in UTC. Times without a zone are taken for UTC, and counted. */
  time(...names: readonly string[]): string | null {
    const text = this.text(...names)
    if (text === null) return null
    if (/^\d{10}(\.\d+)?$/.test(text)) return new Date(Number(text) * 1000).toISOString()
    if (/^\d{13}$/.test(text)) return new Date(Number(text)).toISOString()
    const match = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text)
    const [, day, clock = '00:00', zone] = match ?? []
    const date = new Date(`${day}T${clock}${zone ?? 'Z'}`)
    if (match === null || Number.isNaN(date.getTime()))
      throw new Misfit(`its ${names[0]} is ${quoted(text)}, which is no time`)
    if (zone === undefined) this.#reading.timesWithoutZone += 1
    return date.toISOString()
  }

  /** When the document came to be: what it says, else what its `_id` says (an ObjectId begins with its time). */
  bornAt(...names: readonly string[]): string {
    const said = this.time(...names)
    if (said !== null) return said
    const id = this.text('_id') ?? ''
    if (!/^[0-9a-f]{24}$/.test(id)) throw new Misfit(`it has no ${names[0]}`)
    this.#reading.timesFromIds += 1
    return new Date(Number.parseInt(id.slice(0, 8), 16) * 1000).toISOString()
  }

  /** `master`, or the agent's: from `tenant`, from who sold it, or from `agent_id`. */
  tenant(): string {
    const named = [
      this.text('tenant'),
      this.word('sold_by.type') === 'master' ? masterTenant : agentTenant(this.text('sold_by.agent_id')),
      agentTenant(this.text('agent_id')),
    ].filter((tenant) => tenant !== null)
    const [tenant = masterTenant] = named
    if (named.some((other) => other !== tenant))
      throw new Misfit(`it belongs to ${[...new Set(named)].join(' and to ')}`)
    return checkedTenant(tenant)
  }

  /** The agent whose document it is. */
  agentTenant(): string {
    return checkedTenant(this.need(agentTenant(this.text('agent_id', 'agent_bot_id')), 'agent_id'))
  }

  /** Its key in its collection: the `_id`, else what else is unique there, which is not kept in plain words. */
  key(natural: string | null): string {
    const id = this.text('_id')
    if (id !== null) return id
    return `natural:${createHash('sha256').update(this.need(natural, '_id')).digest('hex').slice(0, 24)}`
  }

  need<T>(value: T | null | undefined, name: string): T {
    if (value === null || value === undefined) throw new Misfit(`it has no ${name}`)
    return value
  }

  #find(path: string): Value {
    let found: Value | undefined = this.fields
    for (const name of path.split('.')) {
      if (typeof found !== 'object' || found === null || Array.isArray(found)) return null
      found = (found as Fields)[name]
    }
    return found ?? null
  }
}

function agentTenant(agentId: string | null): string | null {
  return agentId === null ? null : agentId.startsWith('agent:') ? agentId : `agent:${agentId}`
}

function checkedTenant(tenant: string): string {
  try {
    return parseTenant(tenant)
  } catch (cause) {
    throw new Misfit(
      `${quoted(tenant)} cannot be a tenant: an agent_id has lower-case letters, digits, _ or -, at most 50; rename it in every file`,
      { cause },
    )
  }
}

/** A word of the old system in ours; throws for one that is not known. */
export function translate<T extends string>(word: string, words: Readonly<Record<string, T>>, field: string): T {
  const found = Object.hasOwn(words, word) ? words[word] : undefined
  if (found !== undefined) return found
  throw new Misfit(`its ${field} is ${quoted(word)}: one of ${Object.keys(words).join(', ')} is needed`)
}

/** Postgres takes every text but for half characters and the one that is nothing. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}

export function quoted(text: string): string {
  return `"${text.slice(0, 60)}"`
}
