import { Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../domain/duration.ts'
import { Failure } from '../domain/failure.ts'
import { parseShop } from '../domain/tenant.ts'
import type { Output } from './output.ts'

/** What every command is given: where it writes, and when it must let go. */
export interface Cli {
  readonly output: Output
  /** Aborts with `Interrupted` on Ctrl-C. */
  readonly signal: AbortSignal
  readonly environment: NodeJS.ProcessEnv
  readonly cwd: string
}

/** Adds a command that does something. Every one takes `--json`. The default one of a group needs no name. */
export function addCommand(
  parent: Command,
  nameAndArguments: string,
  description: string,
  options: { readonly isDefault?: boolean } = {},
): Command {
  const command = parent.command(nameAndArguments, options)
  command.description(description).addOption(new Option('--json', 'print one JSON document'))
  return settle(command)
}

/** Adds a command that only holds others, for example `server`. */
export function addGroup(parent: Command, name: string, description: string): Command {
  return settle(parent.command(name).description(description))
}

/** Makes commander throw `usage` instead of printing and exiting, and name the help of the command meant. */
export function settle(command: Command): Command {
  command.configureOutput({ outputError: () => {} })
  command.helpOption('-h, --help', 'show this help')
  command.helpCommand(false)
  command.exitOverride((error) => {
    if (error.exitCode === 0) throw error
    const message =
      error.code === 'commander.help' ? 'a command is missing' : error.message.replace(/^error: /, '').trim()
    throw new Failure('usage', `${message}\nSee: ${commandPath(command)} --help`, { cause: error })
  })
  return command
}

/** How a person calls a command: `./botfleet server list`. */
function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`
}

/** Examples for the end of a command's help, each without its `./botfleet`. */
export function examples(...lines: readonly string[]): string {
  return ['', lines.length === 1 ? 'Example:' : 'Examples:', ...lines.map((line) => `  ./botfleet ${line}`)].join('\n')
}

/** The argument parser of a whole number between two bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^-?\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    }
    return value
  }
}

/** The argument parser of a number above `min` and at most `max`. */
export function numberAbove(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+(\.\d+)?$/.test(text) || value <= min || value > max) {
      throw new InvalidArgumentError(`It must be a number above ${min} and at most ${max}.`)
    }
    return value
  }
}

/** The argument parser of one of several words. */
export function oneOf<T extends string>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text)
    if (found === undefined) throw new InvalidArgumentError(`It must be one of ${values.join(', ')}.`)
    return found
  }
}

/** The argument parser of a duration such as `7d` or `12h`, in milliseconds. */
export function durationMs(text: string): number {
  const value = parseDuration(text)
  if (value === undefined) throw new InvalidArgumentError('It must be a duration such as 30m, 12h, 7d or 2w.')
  return value
}

/** How help names a tenant; `agent001` alone is understood, too. */
export const tenantWords = 'master or agent:<id>'

/** The argument parser of a tenant, however it is named: `master`, `agent:agent001` or `agent001`. */
export function tenantOf(text: string): string {
  try {
    return parseShop(text)
  } catch {
    throw new InvalidArgumentError(`It must be ${tenantWords}, in lower-case letters, digits, _ or -.`)
  }
}

/** The argument parser of a subscription's length. */
export function months(text: string): number {
  if (!['1', '2', '3', '6', '12'].includes(text)) throw new InvalidArgumentError('It must be 1, 2, 3, 6 or 12.')
  return Number(text)
}
