/**
 * People who write to a WhatsApp bot, each message with a number that no menu has: the shop's answer repeats the number,
 * so that each message is told from every other one by its answer.
 */
import type { Phone } from '../../sandbox/whatsapp/phone.ts'
import type { FakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { Caller } from './whatsapp-rig.ts'

export interface Verdict {
  /** Questions whose answer was never shown. */
  readonly lost: string[]
  /** Questions whose answer was shown more than once. */
  readonly doubled: string[]
}

export class AskingPeople {
  readonly #bot: string
  readonly #people: Caller[]
  readonly #asked: { readonly phone: Phone; readonly number: string }[] = []
  #next = 100_000

  private constructor(bot: string, people: Caller[]) {
    this.#bot = bot
    this.#people = people
  }

  /** People who have each begun a chat with the bot and have its menu before them. */
  static async begin(fake: FakeWhatsApp, bot: string, count: number): Promise<AskingPeople> {
    const people = Array.from({ length: count }, (_, at) => new Caller(fake.addPerson({ name: `P${at}` }), bot))
    await Promise.all(people.map((each) => each.ask('start', '1 Shop')))
    return new AskingPeople(bot, people)
  }

  get asked(): number {
    return this.#asked.length
  }

  /** The next person in turn asks something, with so many blanks after it. @returns what was asked, and who did */
  async ask(blanks = 0): Promise<{ caller: Caller; number: string; id: string }> {
    const caller = this.#people[this.#asked.length % this.#people.length]
    if (caller === undefined) throw new Error('nobody is there')
    const number = String(this.#next)
    this.#next += 1
    this.#asked.push({ phone: caller.phone, number })
    return { caller, number, id: await caller.phone.write(this.#bot, number + ' '.repeat(blanks)) }
  }

  /** People ask in turn for as long as something lasts, and half a second before it begins. */
  async askDuring(work: () => Promise<unknown>, everyMs = 150): Promise<void> {
    const over = new AbortController()
    const working = sleep(500)
      .then(work)
      .finally(() => over.abort())
    // It is waited for below.
    working.catch(() => {})
    while (!over.signal.aborted) {
      await this.ask()
      await sleep(everyMs)
    }
    await working
  }

  /**
   * Waits until everything is answered, and so is one question more: whatever was still on its way has come by then.
   * @returns what became of all that was asked
   */
  async settled(limitMs = 45_000): Promise<Verdict> {
    await this.#answered(limitMs)
    await this.ask()
    await this.#answered(30_000)
    return this.judge()
  }

  /** What became of all that was asked. */
  judge(): Verdict {
    const shown = this.#asked.map(({ phone, number }) => ({
      number,
      times: phone.inbox.all.filter((event) => event.kind === 'message' && event.text.includes(` ${number} `)).length,
    }))
    return {
      lost: shown.flatMap(({ number, times }) => (times === 0 ? [number] : [])),
      doubled: shown.flatMap(({ number, times }) => (times > 1 ? [number] : [])),
    }
  }

  /** Waits until everything is answered; throws naming what is not. */
  async #answered(limitMs: number): Promise<void> {
    const until = performance.now() + limitMs
    for (;;) {
      const { lost } = this.judge()
      if (lost.length === 0) return
      if (performance.now() > until)
        throw new Error(`${lost.length} of ${this.asked} never answered: ${lost.join(' ')}`)
      await sleep(50)
    }
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
