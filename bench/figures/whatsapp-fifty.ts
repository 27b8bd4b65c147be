import type { Figure } from '../figure.ts'
import { WhatsappFleet } from '../support/whatsapp-fleet.ts'

const bots = 50
const connectingMost = 5
const connecting = 'connecting at once, the most'

export const whatsappFifty: Figure = {
  name: 'whatsapp-fifty',
  title: `${bots} linked WhatsApp bots from \`serve\` to all open`,
  unit: 'ms',
  digits: 0,
  reach: {
    text: `at most ${connectingMost} connecting at once`,
    holds: ({ besides }) => (besides.get(connecting)?.max ?? Number.POSITIVE_INFINITY) <= connectingMost,
  },
  how: `From the spawning of \`./botfleet serve\` on a database with ${bots} linked bots until the fake WhatsApp has logged the last one in and sent it what waited. Connecting is a connection from its upgrade to that moment, as the fake WhatsApp counts them.`,
  measure: (run) =>
    WhatsappFleet.use(run.bench, bots, async ({ servers, bots: all, fake }) => {
      const { startedAtMs: sinceMs } = servers.spawn()
      const times = await Promise.all(all.map(({ number: bot }) => fake.ask('connected', { bot, sinceMs })))
      const most = await fake.ask('mostConnecting', { sinceMs })
      return { ours: Math.max(...times) - sinceMs, besides: { [connecting]: most } }
    }),
}
