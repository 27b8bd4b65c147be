/**
 * Keeps the accounts in a file, so that a fake server that is started anew knows its numbers, their companions and the
 * keys of both. What was said is forgotten. A server that was killed may have kept a moment of before: the two sides
 * notice that at the next message, and ask for it again.
 */
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { BufferJSON } from '@whiskeysockets/baileys'
import { writeWholeFile } from '../../runtime/whole-file.ts'
import type { KeptAccount } from './account.ts'
import type { World } from './world.ts'

/** What happens within so long is written at once. */
const gatherMs = 250

export class AccountKeeper {
  readonly #world: World
  readonly #path: string
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(world: World, path: string) {
    this.#world = world
    this.#path = path
  }

  /** Takes the accounts from the file, if there is one, and keeps them there from now on. */
  async start(): Promise<void> {
    for (const account of await readAccounts(this.#path)) this.#world.addAccount(account)
    this.#world.onChange(() => {
      this.#timer ??= setTimeout(() => this.#write(), gatherMs).unref()
    })
  }

  /** Resolves when everything is kept; may be called twice. */
  async stop(): Promise<void> {
    this.#write()
    await this.#writing
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(async () => {
      const accounts = [...this.#world.accounts].map((account) => account.keep())
      const source = Readable.from([Buffer.from(JSON.stringify(accounts, BufferJSON.replacer))])
      // Who cannot keep them goes on, and its companions are linked anew next time.
      await writeWholeFile({ path: this.#path, overwrite: true, source }).catch(() => {})
    })
  }
}

/** None where there is no such file, or one that says something else. */
async function readAccounts(path: string): Promise<KeptAccount[]> {
  try {
    const found: unknown = JSON.parse(await readFile(path, 'utf8'), BufferJSON.reviver)
    return Array.isArray(found) ? (found as KeptAccount[]) : []
  } catch {
    return []
  }
}
