/** The fake WhatsApp of a run: a process of its own, asked by lines. */
import { join } from 'node:path'
import type { FakeCalls } from '../programs/fake-whatsapp.ts'
import { Child } from './child.ts'

const program = join(import.meta.dirname, '..', 'programs', 'fake-whatsapp.ts')
const limitMs = 600_000

export class WhatsappClient {
  readonly url: string
  readonly #child: Child
  #calls = 0

  private constructor(child: Child, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(signal: AbortSignal): Promise<WhatsappClient> {
    const child = new Child({ command: process.execPath, args: [program], signal })
    const [line] = await child.line(/^\{"url".*$/)
    return new WhatsappClient(child, (JSON.parse(line) as { url: string }).url)
  }

  /** What bench/programs/fake-whatsapp.ts can be asked for. Throws what it could not do. */
  async ask<N extends keyof FakeCalls>(
    name: N,
    given: Parameters<FakeCalls[N]>[0],
  ): Promise<Awaited<ReturnType<FakeCalls[N]>>> {
    this.#calls += 1
    const call = this.#calls
    this.#child.say(JSON.stringify({ call, name, given }))
    const [line] = await this.#child.line(new RegExp(`^\\{"call":${call},.*$`), limitMs)
    const { came, error } = JSON.parse(line) as { came: Awaited<ReturnType<FakeCalls[N]>>; error?: string }
    if (error !== undefined) throw new Error(`${name}: ${error}`)
    return came
  }

  stop(): Promise<void> {
    return this.#child.close()
  }
}
