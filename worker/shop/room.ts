/**
 * A room is one part of the conversation: what leads into it, and what it asks people for. Rooms know nothing of one
 * another but the names of routes.
 */
import type { Language } from '../../domain/worker-contract.ts'
import type { Reply, Turn } from './turn.ts'

/** Answers a choice or a command. */
export type Route = (turn: Turn, args: readonly string[]) => Promise<Reply>

/** Answers a text that was asked for; `args` are what it was asked with. */
export type Listener = (turn: Turn, text: string, args: readonly string[]) => Promise<Reply>

export interface Room {
  /** Whether bots of this tenant have this room; in others its commands and choices are not known. */
  readonly isOf: (tenant: string) => boolean
  readonly routes: Readonly<Record<string, Route>>
  /** Commands and the routes they lead to. */
  readonly commands: Readonly<Record<string, string>>
  /** What it asks for (`Reply.asks`), and who understands the answer. */
  readonly listeners: Readonly<Record<string, Listener>>
  /** Commands and asks that take a bot's token; what holds one elsewhere is not read. */
  readonly tokens?: readonly string[]
  /** Commands that everybody is offered. */
  readonly menu: readonly { readonly command: string; readonly description: (language: Language) => string }[]
}

/** Rooms as one: throws where two of them use the same name. */
export class House {
  readonly #routes = new Map<string, Route>()
  readonly #commands = new Map<string, string>()
  readonly #listeners = new Map<string, Listener>()
  readonly #tokens: ReadonlySet<string>
  readonly menu: Room['menu']

  constructor(rooms: readonly Room[], tenant: string) {
    const open = rooms.filter((room) => room.isOf(tenant))
    for (const { routes, commands, listeners } of open) {
      addAll(this.#routes, routes)
      addAll(this.#commands, commands)
      addAll(this.#listeners, listeners)
    }
    for (const [command, route] of this.#commands) {
      if (!this.#routes.has(route)) throw new Error(`/${command} leads to ${route}, which no room has`)
    }
    this.#tokens = new Set(open.flatMap(({ tokens = [] }) => tokens))
    this.menu = open.flatMap((room) => room.menu)
  }

  route(name: string): Route | undefined {
    return this.#routes.get(name)
  }

  command(word: string): Route | undefined {
    const name = this.#commands.get(word)
    return name === undefined ? undefined : this.#routes.get(name)
  }

  listener(ask: string): Listener | undefined {
    return this.#listeners.get(ask)
  }

  /** Whether this command or this ask takes a bot's token. */
  takesToken(name: string): boolean {
    return this.#tokens.has(name)
  }
}

function addAll<T>(all: Map<string, T>, more: Readonly<Record<string, T>>): void {
  for (const [name, value] of Object.entries(more)) {
    if (all.has(name)) throw new Error(`two rooms have ${name}`)
    all.set(name, value)
  }
}

/** A command of so many words: those behind them are none of a button's. */
export function typed(words: number, route: Route): Route {
  return (turn, args) => route(turn, args.slice(0, words))
}
