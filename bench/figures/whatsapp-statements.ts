import type { Figure } from '../figure.ts'
import { medianOf } from '../support/spread.ts'
import { type Statement, StatementCount } from '../support/statement-count.ts'
import { pause } from '../support/wait.ts'
import { WhatsappFleet } from '../support/whatsapp-fleet.ts'

/** A menu, what costs least, and a command that asks for much. */
const words = ['/start', '/id', '/shop']
const roundsOfEach = 15
/** Long enough for each of the server's own jobs. */
const idleMs = 75_000
/** What became of a message is noted a second after it. */
const settledMs = 2000
const most = 10
const keyStoreMost = 6
const keyStore = 'of them of the key store'

export const whatsappStatements: Figure = {
  name: 'whatsapp-statements',
  title: 'database statements for a later WhatsApp message and its reply',
  unit: 'statements',
  digits: 1,
  reach: {
    text: `<= ${most}, the key store at most ${keyStoreMost} of them`,
    holds: ({ ours, besides }) => ours.max <= most && (besides.get(keyStore)?.max ?? most) <= keyStoreMost,
  },
  how: `What Postgres logs as a statement (BEGIN and COMMIT included; the BEGIN goes in one message with the role and the fence that hold for it, and is logged as one) from the message to the note that its answer was delivered, one message at a time: ${words.join(', ')}, the median of ${roundsOfEach} each after a first one, without what is also said in ${idleMs / 1000} s in which nobody writes. The word that costs most counts.`,
  measure: async (run) => {
    const count = await StatementCount.begin(run.bench)
    try {
      return await WhatsappFleet.use(run.bench, 1, async ({ servers, bots: [bot], fake }) => {
        if (bot === undefined) throw new Error('a fleet of one has one bot')
        await servers.start()
        await servers.untilAllRun()
        const during = async (ms: number, word?: string) => {
          count.take()
          if (word !== undefined) await fake.ask('talk', { bot: bot.number, people: 1, messages: 1, words: [word] })
          await pause(ms, run.bench.signal)
          return unitsOf(count.take().get(servers.databaseName) ?? [])
        }
        for (const word of words) await during(settledMs, word)
        const idle = new Set((await during(idleMs)).map(nameOf))
        if ([...idle].some(isOfKeys)) throw new Error('the worker was not idle')
        const say = async (word: string) =>
          (await during(settledMs, word)).filter((unit) => !idle.has(nameOf(unit))).flat()
        const costs: Cost[] = []
        for (const word of words) {
          const rounds: string[][] = []
          while (rounds.length < roundsOfEach) rounds.push(await say(word))
          costs.push(costOf(rounds))
        }
        const keys = Math.max(...costs.map((cost) => cost.keys))
        return { ours: Math.max(...costs.map(({ all }) => all)), besides: { [keyStore]: keys } }
      })
    } finally {
      await count.end()
    }
  },
}

interface Cost {
  readonly all: number
  readonly keys: number
}

/** Statements, transactions each in one piece. */
function unitsOf(statements: readonly Statement[]): string[][] {
  const units: string[][] = []
  const open = new Map<number, string[]>()
  for (const { pid, text } of statements) {
    const unit = open.get(pid) ?? []
    if (unit.length === 0) units.push(unit)
    unit.push(text)
    if (/^begin/i.test(text)) open.set(pid, unit)
    else if (/^(?:commit|rollback)/i.test(text)) open.delete(pid)
  }
  return units
}

/** By its first statement besides its BEGIN. */
function nameOf(unit: readonly string[]): string {
  return unit.find((text) => !/^begin/i.test(text)) ?? ''
}

function isOfKeys(text: string): boolean {
  return /whatsapp_(?:open|keys|store|forget|key|session)\b/.test(text)
}

function costOf(rounds: readonly (readonly string[])[]): Cost {
  return {
    all: medianOf(rounds.map(({ length }) => length)),
    keys: medianOf(rounds.map((round) => round.filter(isOfKeys).length)),
  }
}
