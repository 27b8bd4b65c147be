/**
 * The fake WhatsApp as a process of its own, so that its work does not count as anybody's. Takes a JSON line for each
 * call, which says its number, its name and what is given, and writes one with the number and what came of it; ends with
 * its parent. Times are as `Date.now()` has them.
 */
import { createInterface } from 'node:readline'
import type { Phone } from '../../sandbox/whatsapp/phone.ts'
import { startFakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { pause } from '../support/wait.ts'

/** The bot's number, digits. */
interface OfBot {
  readonly bot: string
}

export interface Talk extends OfBot {
  /** How many write to the bot; they stay the same from one talk to the next. */
  readonly people: number
  /** How many messages they write together, each the next when the last one is answered. */
  readonly messages: number
  /** What is said in turn. */
  readonly words: readonly string[]
}

const answerLimitMs = 60_000
const lookEveryMs = 5

const fake = await startFakeWhatsApp()
const peopleOf = new Map<string, Phone[]>()
/** How many messages each phone has written. */
const said = new Map<Phone, number>()
const ending = new AbortController()

const calls = {
  /** Types a pairing code into the bot's phone. */
  link: async ({ bot, code }: OfBot & { code: string }) => fake.phoneOf(bot).enterCode(code),

  /** People write to a bot. @returns how many messages it has shown them all in all */
  talk: async ({ bot, people, messages, words }: Talk): Promise<number> => {
    let left = messages
    const one = async (person: Phone) => {
      for (; left > 0; ) {
        left -= 1
        const turn = said.get(person) ?? 0
        said.set(person, turn + 1)
        await person.write(bot, words[turn % words.length] ?? '')
        await person.inbox.next('message', undefined, answerLimitMs)
      }
    }
    const everybody = phones(bot, people)
    await Promise.all(everybody.map(one))
    return everybody.reduce((sum, { inbox }) => sum + inbox.count('message'), 0)
  },

  /** Ends a bot's connection: by asking it to connect anew (515), or without a word. @returns when it did so */
  end: async ({ bot, how }: OfBot & { how: 'asked' | 'dropped' }): Promise<number> => {
    const atMs = Date.now()
    if (how === 'asked') fake.phoneOf(bot).endStream(515)
    else fake.phoneOf(bot).dropConnections()
    return atMs
  },

  /** Waits until a bot is connected by a connection of after that moment, and has what waited for it. @returns when */
  connected: async ({ bot, sinceMs }: OfBot & { sinceMs: number }): Promise<number> => {
    for (;;) {
      const line = fake.connections.findLast(({ number }) => number === bot)
      if (line?.caughtUpAtMs !== undefined && wallMs(line.openedAtMs) >= sinceMs) return wallMs(line.caughtUpAtMs)
      await pause(lookEveryMs, ending.signal)
    }
  },

  /** The most bots that connected at the same time after that moment. */
  mostConnecting: async ({ sinceMs }: { sinceMs: number }) => fake.mostConnecting(sinceMs - performance.timeOrigin),
}
export type FakeCalls = typeof calls

process.stdout.write(`${JSON.stringify({ url: fake.url })}\n`)
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { call, name, given } = JSON.parse(line) as { call: number; name: keyof FakeCalls; given: never }
  calls[name](given).then(
    (came) => process.stdout.write(`${JSON.stringify({ call, came })}\n`),
    (error: unknown) => process.stdout.write(`${JSON.stringify({ call, error: String(error) })}\n`),
  )
})
lines.once('close', () => {
  ending.abort()
  void fake.stop()
})

function phones(bot: string, count: number): Phone[] {
  const known = peopleOf.get(bot) ?? []
  peopleOf.set(bot, known)
  while (known.length < count) known.push(fake.addPerson({ name: 'Ann' }))
  return known.slice(0, count)
}

function wallMs(ms: number): number {
  return performance.timeOrigin + ms
}
