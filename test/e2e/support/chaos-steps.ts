/**
 * Faults at the steps of a purchase and of what follows from it. A step in the database is a trigger that the test adds:
 * it waits while the step's gate is closed, so that whoever waits there has come so far and no further. A step at the
 * messenger is a call that the sandbox takes and does not answer, before or after it had its effect.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Database } from '../../../db/database.ts'
import type { Queryable } from '../../../db/transaction.ts'
import type { AuditLine } from '../../../sandbox/audit.ts'
import type { FaultKind } from '../../../sandbox/faults.ts'
import { kill, workerOf } from '../../support/faults.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { ChaosBot, ChaosFleet } from './chaos-fleet.ts'
import type { PayPress } from './money-shopper.ts'

type Victim = 'worker' | 'supervisor' | 'connection'

interface Gate {
  readonly on: string
  readonly when?: string
  /** Whose step it is: a bot's, or anybody's. */
  readonly of: string | null
  readonly tenant?: string
  readonly victims: readonly Victim[]
}

const everybody: readonly Victim[] = ['worker', 'supervisor', 'connection']
const gates: Readonly<Record<string, Gate>> = {
  'a press is being noted': { on: 'before insert on handled_update', of: 'new.instance_id', victims: everybody },
  'an order is written': { on: 'after insert on customer_order', of: 'new.instance_id', victims: everybody },
  'a shown answer is being noted': {
    on: 'before update of answered_at on handled_update',
    of: 'new.instance_id',
    victims: everybody,
  },
  'goods are being taken': {
    on: 'before update of state on outbox_message',
    when: `new.kind = 'goods' and new.state = 'claimed'`,
    of: 'new.instance_id',
    victims: everybody,
  },
  'sent goods are being noted': {
    on: 'before update of state on outbox_message',
    when: `new.kind = 'goods' and new.state = 'sent'`,
    of: 'new.instance_id',
    victims: everybody,
  },
  'a withdrawal is requested': {
    on: 'after insert on withdrawal',
    of: `split_part(new.key, ':', 1)`,
    tenant: 'agent:ann',
    victims: everybody,
  },
  'a withdrawal is reviewed': { on: 'after update on withdrawal', of: null, victims: ['connection'] },
  'an order is refunded': { on: 'after insert on order_refund', of: null, victims: ['connection'] },
  'profit matures': {
    on: 'after update of state on agent_profit',
    when: `new.state = 'matured'`,
    of: null,
    victims: ['supervisor', 'connection'],
  },
}

interface Call {
  readonly method: string
  /** What has become by then of the message that hands over the goods. */
  readonly goods: 'queued' | 'claimed'
  readonly victims: Partial<Readonly<Record<Victim, FaultKind>>>
}

/** Called by the worker between a press on "pay" and the end of its purchase. */
const calls: Readonly<Record<string, Call>> = {
  'the answer is about to be shown': {
    method: 'editMessageText',
    goods: 'queued',
    victims: { worker: { kind: 'silence' }, supervisor: { kind: 'delay', delayMs: 250 } },
  },
  'the answer was shown': {
    method: 'editMessageText',
    goods: 'queued',
    victims: { worker: { kind: 'silence_after' } },
  },
  'the goods are about to be sent': {
    method: 'sendMessage',
    goods: 'claimed',
    victims: { worker: { kind: 'silence' }, supervisor: { kind: 'delay', delayMs: 250 } },
  },
  'the goods were sent': {
    method: 'sendMessage',
    goods: 'claimed',
    victims: { worker: { kind: 'silence_after' } },
  },
}

interface Card {
  readonly step: string
  readonly victim: Victim
  /** How long a supervisor stays down. */
  readonly downMs: number
}

const reachLimitMs = 8000
const lookEveryMs = 5
/** Of those who close gates: they wait for each other, too. */
const gatekeeper = 'botfleet chaos gates'
const gateLimitMs = 60_000

export interface StepFaultsParts {
  readonly fleet: ChaosFleet
  readonly random: SeededRandom
  readonly say: (line: string) => void
  /** Resolves when somebody presses "pay" in this bot; `first` is done before the press. */
  readonly nextPay: (botId: number, first: (press: PayPress) => void) => Promise<PayPress>
}

/** Adds the triggers; once a database. */
export async function addGates(database: Queryable): Promise<void> {
  for (const [number, [step, { on, when, of }]] of Object.entries(gates).entries()) {
    await database.query(
      `create function chaos_gate_${number}() returns trigger language plpgsql as $$
       begin
         perform pg_advisory_xact_lock_shared(hashtext('${step}'), hashtext(${of === null ? `''` : `coalesce(${of}, '')`}));
         return new;
       end $$`,
    )
    await database.query(
      `create trigger chaos_gate_${number} ${on} for each row ${when === undefined ? '' : `when (${when})`}
       execute function chaos_gate_${number}()`,
    )
  }
}

export class StepFaults {
  /** How often each fault has struck at its step. */
  readonly hits = new Map<string, number>()
  readonly #parts: StepFaultsParts
  /** Of its own, since a closed gate is a transaction that waits. */
  readonly #database: Database
  readonly #lanes: readonly Card[][]
  readonly #atCalls = new Map<number, () => void>()
  readonly #comingBack: Promise<void>[] = []
  readonly #stopped = Promise.withResolvers<undefined>()
  #isStopped = false

  constructor(parts: StepFaultsParts) {
    this.#parts = parts
    this.#database = Database.open(parts.fleet.databaseUrl, {
      applicationName: gatekeeper,
      idleInTransactionMs: gateLimitMs,
      queryTimeoutMs: gateLimitMs,
    })
    const deck = dealt(parts.random)
    for (const card of deck) this.hits.set(nameOf(card), 0)
    this.#lanes = parts.fleet.servers.map((_server, lane) => deck.filter((_card, at) => at % 2 === lane))
  }

  /** For the sandbox's `onAudit`. */
  readonly note = ({ kind, botId }: AuditLine): void => {
    if (kind === 'fault') this.#atCalls.get(botId)?.()
  }

  /** Strikes at every step, in two rows of bots at once; rejects when a step is not reached by `limitMs`. */
  async run(limitMs: number): Promise<void> {
    const endMs = performance.now() + limitMs
    const lanes = this.#lanes.map((cards, lane) => this.#play(cards, lane, endMs))
    try {
      await Promise.all(lanes)
    } finally {
      this.stop()
      await Promise.allSettled(lanes)
      await Promise.all(this.#comingBack)
      await this.#database.close()
    }
  }

  /** Strikes no more, reached or not. */
  stop(): void {
    this.#isStopped = true
    this.#stopped.resolve(undefined)
  }

  async #play(cards: Card[], lane: number, endMs: number): Promise<void> {
    const { fleet, random, say } = this.#parts
    const own = fleet.bots.filter((_bot, index) => index % this.#lanes.length === lane)
    for (let card = cards.shift(); card !== undefined && !this.#isStopped; card = cards.shift()) {
      if (performance.now() > endMs) throw new Error(`not reached: ${nameOf(card)}, and ${cards.length} more`)
      const tenant = gates[card.step]?.tenant
      const bot = random.pick(own.filter((one) => tenant === undefined || one.tenant === tenant))
      const struck = await (card.step in gates ? this.#atGate(card, bot) : this.#atCall(card, bot))
      say(`${struck ? 'struck' : 'not struck'}: ${nameOf(card)} of ${bot.instance}`)
      if (struck) this.hits.set(nameOf(card), (this.hits.get(nameOf(card)) ?? 0) + 1)
      else cards.push(card)
    }
  }

  #atGate(card: Card, bot: ChaosBot): Promise<boolean> {
    const of = gates[card.step]?.of === null ? '' : bot.instance
    return this.#database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>(
        'select pg_backend_pid() as pid, pg_advisory_xact_lock(hashtext($1), hashtext($2))',
        [card.step, of],
      )
      const waiting = await this.#waitsFor(rows[0]?.pid ?? 0)
      if (waiting === undefined) return false
      if (card.victim !== 'connection') return this.#strike(card, bot, waiting.name.split(' ').at(-1))
      await this.#database.query('select pg_terminate_backend($1)', [waiting.pid])
      return true
    })
  }

  /** The first connection that waits for one of ours. */
  async #waitsFor(pid: number): Promise<{ pid: number; name: string } | undefined> {
    const endMs = performance.now() + reachLimitMs
    for (; performance.now() < endMs && !this.#isStopped; await delay(lookEveryMs)) {
      const { rows } = await this.#database.query<{ pid: number; name: string }>(
        `select pid, application_name as name from pg_stat_activity
         where $1 = any(pg_blocking_pids(pid)) and application_name <> $2`,
        [pid, gatekeeper],
      )
      if (rows[0] !== undefined) return rows[0]
    }
    return undefined
  }

  async #atCall(card: Card, bot: ChaosBot): Promise<boolean> {
    const { fleet, nextPay } = this.#parts
    const call = calls[card.step]
    const fault = call?.victims[card.victim]
    if (call === undefined || fault === undefined) throw new Error(`no such card: ${nameOf(card)}`)
    const { botId } = bot
    const taken = new Promise<void>((resolve) => this.#atCalls.set(botId, resolve))
    const pressed = nextPay(botId, ({ personId: chatId }) =>
      fleet.sandbox.plantFault({ ...fault, method: call.method, botId, chatId }),
    )
    const press = await Promise.race([pressed, this.#stopped.promise])
    await Promise.race([taken, this.#stopped.promise])
    this.#atCalls.delete(botId)
    if (press === undefined || this.#isStopped) return false
    if (!(await this.#strike(card, bot, await this.#serverOf(bot)))) return false
    return this.#hasOrder(bot, press, call)
  }

  /** @returns whether there was anybody to kill. */
  async #strike({ victim, downMs }: Card, bot: ChaosBot, serverName: string | undefined): Promise<boolean> {
    const { fleet } = this.#parts
    const server = victim === 'supervisor' ? fleet.servers.find(({ name }) => name === serverName) : undefined
    const identity = victim === 'worker' ? await workerOf(fleet.database, bot.instance) : server?.identity
    if (identity === undefined) return false
    if (server !== undefined) this.#comingBack.push(server.killFor(downMs))
    return kill(identity).then(() => true)
  }

  async #serverOf(bot: ChaosBot): Promise<string | undefined> {
    const { rows } = await this.#database.query<{ name: string }>(
      'select server_name as name from instance_lease where instance_id = $1',
      [bot.instance],
    )
    return rows[0]?.name
  }

  /** Whether the order stands and its goods have come that far: else it was another call that was taken. */
  async #hasOrder(bot: ChaosBot, { nonce }: PayPress, { goods }: Call): Promise<boolean> {
    const { rowCount } = await this.#database.query(
      `select from customer_order o join outbox_message m on m.kind = 'goods' and m.reference = o.id::text
       where o.instance_id = $1 and o.key like $2 and m.state = $3`,
      [bot.instance, `%:${nonce}:%`, goods],
    )
    return rowCount > 0
  }
}

function nameOf({ step, victim }: Card): string {
  return `${step}: ${victim}`
}

/** Every fault at every step, in the order of a seed. */
function dealt(random: SeededRandom): Card[] {
  const steps: (readonly [string, readonly string[]])[] = [
    ...Object.entries(gates).map(([step, { victims }]) => [step, victims] as const),
    ...Object.entries(calls).map(([step, { victims }]) => [step, Object.keys(victims)] as const),
  ]
  return steps
    .flatMap(([step, victims]) =>
      victims.map((victim) => ({ step, victim: victim as Victim, downMs: Math.round(random.between(100, 900)) })),
    )
    .map((card) => ({ card, at: random.between(0, 1) }))
    .sort((one, other) => one.at - other.at)
    .map(({ card }) => card)
}
