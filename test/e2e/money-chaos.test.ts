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
import { expect, onTestFailed, test, vi } from 'vitest'
import { SeededRandom } from '../support/seeded-random.ts'
import { FaultRun, faultMixes, planFaults } from './support/chaos-faults.ts'
import { ChaosFleet } from './support/chaos-fleet.ts'
import { addGates, StepFaults } from './support/chaos-steps.ts'
import { moneySettings } from './support/money-office.ts'
import { openStreet } from './support/money-street.ts'
import { judgeMoney, summaryOf, whatWaits } from './support/money-verdict.ts'

const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const randomFaultsForMs = 20_000
const stepsLimitMs = 300_000
const convergeLimitMs = 120_000
const print = (text: string) => void process.stderr.write(`${text}\n`)

test('the ledger balances after purchases, refunds and withdrawals with a kill at every step', {
  timeout: 600_000,
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
    const street = await openStreet(fleet, seed)
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
    print(`money chaos: ${await summaryOf({ fleet })}`)
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
