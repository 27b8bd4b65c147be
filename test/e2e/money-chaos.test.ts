/**
 * Money and goods while workers, supervisors and database connections are killed, at random and at every step of a
 * purchase and of a payout, seeded: `CHAOS_SEED=<number> npx vitest run test/e2e/money-chaos.test.ts` plans the same
 * faults again (which of many purchases they hit is up to the machine).
 *
 * People buy in the bots of the master and of an agent by pressing buttons, twice at once and again after silence; the
 * agent's owner asks for withdrawals in the chat; the office refunds, keeps goods, and handles withdrawals. Each fault
 * waits for its step (support/chaos-steps.ts), so none depends on how fast the machine is. What must then hold is in
 * support/money-verdict.ts.
 */
import { createHash } from 'node:crypto'
import { expect, onTestFailed, test, vi } from 'vitest'
import { tronAddressOf } from '../../domain/tron-address.ts'
import { addOwner } from '../../services/agents/add-owner.ts'
import { ownerActor } from '../support/rig.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { FaultRun, faultMixes, planFaults } from './support/chaos-faults.ts'
import { ChaosFleet } from './support/chaos-fleet.ts'
import { addGates, StepFaults } from './support/chaos-steps.ts'
import { MoneyOffice, moneySettings } from './support/money-office.ts'
import { Owner, type PayPress, Shopper, type Visitor } from './support/money-shopper.ts'
import { judgeMoney, whatWaits } from './support/money-verdict.ts'

const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const randomFaultsForMs = 20_000
const stepsLimitMs = 150_000
const convergeLimitMs = 60_000
const peopleCount = 6
const print = (text: string) => void process.stderr.write(`${text}\n`)

test('the ledger balances after purchases, refunds and withdrawals with a kill at every step', {
  timeout: 300_000,
}, async () => {
  const beganMs = performance.now()
  const timeline: string[] = []
  const say = (line: string) => void timeline.push(`${((performance.now() - beganMs) / 1000).toFixed(2)} s  ${line}`)
  print(`money chaos: CHAOS_SEED=${seed}`)
  let steps: StepFaults | undefined
  const fleet = await ChaosFleet.start({
    say,
    portBase: 36_000,
    tenants: [
      ['master', 'agent:ann'],
      ['agent:ann', 'master'],
    ],
    settings: moneySettings,
    onAudit: (line) => steps?.note(line),
  })
  onTestFailed(() => print([`CHAOS_SEED=${seed}`, ...timeline].join('\n')))
  try {
    await addGates(fleet.database)
    const street = await openStreet(fleet)
    const { office, shoppers, owners } = street
    const random = new SeededRandom(seed)
    steps = new StepFaults({ fleet, random, say, nextPay: street.nextPay })
    const plan = planFaults(random, { mix: faultMixes.money, lengthMs: randomFaultsForMs, bots: fleet.bots.length })
    const everybody = [office, ...shoppers, ...owners]
    const stopAll = () => {
      for (const one of everybody) one.stop()
      steps?.stop()
    }
    say('the faults begin')
    const faults = together([steps.run(stepsLimitMs), new FaultRun(fleet, say).run(plan)], stopAll)
    await together([...everybody.map((one) => one.work()), faults.finally(stopAll)], stopAll)
    say('the faults are over')
    await vi.waitFor(
      async () => {
        await fleet.assertConverged()
        const waiting = await whatWaits({ fleet })
        if (waiting.length > 0) throw new Error(`${waiting.length} things wait: ${waiting.slice(0, 20).join('; ')}`)
      },
      { timeout: convergeLimitMs, interval: 200 },
    )
    say('converged')
    print(await street.summary())
    for (const [step, count] of steps.hits) print(`  ${count} x ${step}`)
    expect(await judgeMoney({ fleet, office, shoppers, owners })).toEqual([])
    expect([...steps.hits].filter(([, count]) => count === 0)).toEqual([])
    say('judged')
    print(`money chaos: ${timeline.at(-1)}`)
  } catch (error) {
    print(fleet.logs(40))
    throw error
  } finally {
    await fleet.stop()
  }
})

/** Waits for all, also when one has failed: then `stop` is called for the others. */
async function together(work: readonly Promise<void>[], stop: () => void): Promise<void> {
  await Promise.allSettled(work.map((one) => one.catch(stop)))
  await Promise.all(work)
}

/** Everybody, with some money, in front of the bots. */
async function openStreet(fleet: ChaosFleet) {
  const office = new MoneyOffice(fleet, new SeededRandom(seed + 1))
  await office.open()
  const awaited = new Map<number, (press: PayPress) => void>()
  const beforePay = (press: PayPress) => {
    awaited.get(press.botId)?.(press)
    awaited.delete(press.botId)
  }
  const nextPay = (botId: number, first: (press: PayPress) => void) =>
    new Promise<PayPress>((resolve) => {
      awaited.set(botId, (press) => {
        first(press)
        resolve(press)
      })
    })
  let visitors = 0
  const visit = (name: string, bot: ChaosFleet['bots'][number]): Visitor => {
    const person = fleet.sandbox.person(name, { languageCode: 'en' })
    visitors += 1
    const random = new SeededRandom(seed + 100 + visitors)
    return { bot, personId: person.id, chat: person.in({ id: bot.botId }), random }
  }
  // Everybody shops in all bots at once: in both of a tenant from one balance.
  const shoppers = fleet.bots.flatMap((bot) =>
    Array.from({ length: peopleCount }, (_none, at) => new Shopper(visit(`Person ${at}`, bot), beforePay)),
  )
  const address = tronAddressOf(createHash('sha256').update('chaos').digest().subarray(0, 20))
  const ofAnn = fleet.bots.filter(({ tenant }) => tenant === 'agent:ann')
  const owners = ofAnn.map((bot) => new Owner(visit('Ann', bot), address))
  const platformUserId = String(owners[0]?.visitor.personId)
  await fleet.database.transaction((tx) =>
    addOwner(tx, ownerActor, { tenant: 'agent:ann', platform: 'telegram', platformUserId }),
  )
  await Promise.all([...shoppers, ...owners].map((person) => person.enter()))
  await office.welcome()
  const summary = async () => {
    const { rows } = await fleet.database.query<Record<string, number>>(
      `select (select count(*) from customer_order where status <> 'refused') as orders,
         (select count(*) from customer_order where status = 'refused') as refused,
         (select count(*) from order_refund) as refunds, (select count(*) from withdrawal) as withdrawals,
         (select count(*) from withdrawal where state = 'paid') as "paid out",
         (select count(*) from outbox_message) as messages`,
    )
    return `money chaos: ${Object.entries(rows[0] ?? {})
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')}`
  }
  return { office, shoppers, owners, nextPay, summary }
}
