/**
 * Carries one supervisor's statements to the database: at once, or late (in a later step, when much may have changed),
 * and then perhaps without an answer. A stalled supervisor reads its answers when it goes on; a dead one never does.
 */
import { expect } from 'vitest'
import type { ServerName } from './model-database.ts'
import type { World } from './world.ts'

export interface Statement<T> {
  run(): Promise<T>
  answered(answer: T): void | Promise<void>
  /** No answer came: it may stand or not. */
  lost(): void | Promise<void>
  /** It arrived after it had been given up. */
  late?(): void | Promise<void>
}

export class Courier {
  readonly #world: World
  readonly #server: ServerName
  readonly #holder: string
  /** What is sent now arrives in a later step. */
  isSlow = false
  #isAlive = true
  #isStalled = false
  #unread: (() => void | Promise<void>)[] = []
  #unanswered = 0

  constructor(world: World, server: ServerName, holder: string) {
    this.#holder = holder
    this.#world = world
    this.#server = server
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get isStalled(): boolean {
    return this.#isStalled
  }

  /** Whether an answer is still waited for. */
  get isWaiting(): boolean {
    return this.#unanswered > 0
  }

  die(): void {
    this.#isAlive = false
  }

  async stall(isStalled: boolean): Promise<void> {
    this.#isStalled = isStalled
    while (!this.#isStalled && this.#unread.length > 0) await this.#unread.shift()?.()
  }

  async send<T>(statement: Statement<T>): Promise<void> {
    if (!this.isSlow) return statement.answered(await statement.run())
    this.#unanswered += 1
    this.#world.underWay.push(async (fate) => {
      if (fate === 'overdue') {
        this.#world.underWay.push(async () => {
          await statement.run()
          await statement.late?.()
        })
      }
      if (fate === 'dropped' || fate === 'overdue') return this.#read(() => statement.lost())
      const answer = await statement.run()
      return this.#read(() => (fate === 'answered' ? statement.answered(answer) : statement.lost()))
    })
  }

  /** The verdict of a write; one that comes from a term that is over by the database must change nothing. */
  async fenced<T>(serverEpoch: number, options: { alsoWhenLapsed: boolean }, write: () => Promise<T>): Promise<T> {
    const standing = await this.#world.database.standingOf(this.#server)
    const isOurs = standing.serverEpoch === serverEpoch && [this.#holder, null].includes(standing.holder)
    if (isOurs && (standing.isHeld || options.alsoWhenLapsed)) return write()
    this.#world.reach('refused late')
    const before = await this.#world.database.leaseRows()
    const verdict = await write()
    expect(await this.#world.database.leaseRows(), `${this.#server} wrote in a term that is over`).toEqual(before)
    return verdict
  }

  async #read(answer: () => void | Promise<void>): Promise<void> {
    const read = async () => {
      this.#unanswered -= 1
      await answer()
    }
    if (!this.#isAlive) return
    if (this.#isStalled) this.#unread.push(read)
    else await read()
  }
}
