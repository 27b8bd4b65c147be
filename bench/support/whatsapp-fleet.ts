/** WhatsApp bots of a run, each linked to its phone of a fake WhatsApp by a server that has ended since. */
import { createInstance } from '../../services/create-instance.ts'
import { requestPairing } from '../../services/whatsapp/request-pairing.ts'
import { showPairing } from '../../services/whatsapp/show-pairing.ts'
import type { Bench } from './bench.ts'
import { actor, type Bot, Servers } from './servers.ts'
import { until } from './wait.ts'
import { WhatsappClient } from './whatsapp-client.ts'

const firstNumber = 989_120_000_000
/** Linked at the same time. */
const atOnce = 5
const linkLimitMs = 120_000

export interface WhatsappBot extends Bot {
  /** Digits. */
  readonly number: string
}

export class WhatsappFleet {
  readonly fake: WhatsappClient
  readonly bots: readonly WhatsappBot[]
  readonly servers: Servers

  private constructor(fake: WhatsappClient, bots: readonly WhatsappBot[], servers: Servers) {
    this.fake = fake
    this.bots = bots
    this.servers = servers
  }

  /** Links so many bots, ends the server by which they were linked, and whatever else there is after the work. */
  static async use<T>(bench: Bench, bots: number, work: (fleet: WhatsappFleet) => Promise<T>): Promise<T> {
    bench.signal.throwIfAborted()
    const fake = await WhatsappClient.start(bench.signal)
    try {
      return await Servers.use(bench, { WHATSAPP_WS_URL: fake.url }, async (servers) =>
        work(new WhatsappFleet(fake, await linkBots(servers, fake, bots), servers)),
      )
    } finally {
      await fake.stop()
    }
  }
}

async function linkBots(servers: Servers, fake: WhatsappClient, count: number): Promise<WhatsappBot[]> {
  const server = await servers.start()
  const bots: WhatsappBot[] = []
  while (bots.length < count) {
    const next = Array.from({ length: Math.min(atOnce, count - bots.length) }, (_, at) =>
      link(servers, fake, String(firstNumber + bots.length + at)),
    )
    bots.push(...(await Promise.all(next)))
  }
  await servers.untilAllRun()
  await server.stop()
  return bots
}

async function link(servers: Servers, fake: WhatsappClient, number: string): Promise<WhatsappBot> {
  const { database, keyring } = servers
  const { id } = await database.transaction((tx) =>
    createInstance(tx, actor, { platform: 'whatsapp', name: 'Bench', server: 'server1', phone: number, keyring }),
  )
  const bot = { id, number }
  await servers.approve(bot)
  await database.transaction((tx) => requestPairing(tx, actor, { id, method: 'code', keyring }))
  const look = async () => (await showPairing(database, actor, { id, keyring })).code ?? undefined
  const what = `a code of ${id}`
  const code = await until(look, { signal: servers.bench.signal, what, limitMs: linkLimitMs, everyMs: 100 })
  const outcome = await fake.ask('link', { bot: number, code: code.replace('-', '') })
  if (outcome !== 'linked') throw new Error(`${id} was not linked: ${outcome}`)
  return bot
}
