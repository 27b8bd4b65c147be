/**
 * Half a minute of faults on real processes, seeded: `CHAOS_SEED=<number> npx vitest run test/e2e/chaos.test.ts` plans the
 * same faults again (when they hit is up to the machine).
 *
 * What is measured, and by what:
 *
 * - *Lost, answered twice*: every person writes numbered messages to one bot, `/id`, `/help`, `/language` and so on in
 *   this order; each has an answer of its own wording. The answers of a chat, as the sandbox keeps them, must be the
 *   same sequence: a wording that is left out is a lost message, one that comes twice in a row a doubled answer.
 * - *Past a deadline*: triggers keep every change of `server.lease_until` and `instance_lease`. For each poll, delivered
 *   batch and sent or edited message the sandbox names the connection, /proc the process behind it, and the triggers
 *   until when the database had granted that process its instance at that moment. A worker's own deadline is never
 *   later, so a request after it (and a margin for its way) is a violation, also when nobody else ran the bot.
 * - *Never two*: a request of an epoch that comes after a request of a later epoch of the same bot, and a poll that
 *   ended in 409 because another process polled.
 * - *Converges*: each bot is in the state that its last wish asks for.
 */
import { expect, onTestFailed, test, vi } from 'vitest'
import { SeededRandom } from '../support/seeded-random.ts'
import { FaultRun, faultMixes, planFaults } from './support/chaos-faults.ts'
import { ChaosFleet } from './support/chaos-fleet.ts'
import { ChaosPeople } from './support/chaos-people.ts'
import { judgeRequests } from './support/chaos-verdict.ts'

const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const faultsForMs = Number(process.env['CHAOS_SECONDS'] ?? 30) * 1000
const convergeLimitMs = 120_000
const fourOfMaster = ['master', 'master', 'master', 'master']
const print = (text: string) => void process.stderr.write(`${text}\n`)

test.for([
  ['supervisors and workers', 'processes'],
  ['database connections', 'database'],
] as const)('%s fail at random, and nothing is lost or done twice', { timeout: 300_000 }, async ([title, mix]) => {
  const beganMs = performance.now()
  const timeline: string[] = []
  const say = (line: string) => void timeline.push(`${((performance.now() - beganMs) / 1000).toFixed(2)} s  ${line}`)
  print(`chaos: ${title}, CHAOS_SEED=${seed}`)
  const fleet = await ChaosFleet.start({ say, portBase: 35_000, tenants: [fourOfMaster, fourOfMaster] })
  onTestFailed(() => print([`CHAOS_SEED=${seed}`, ...timeline].join('\n')))
  try {
    const random = new SeededRandom(seed)
    const plan = planFaults(random, { mix: faultMixes[mix], lengthMs: faultsForMs, bots: fleet.bots.length })
    const people = new ChaosPeople(fleet.sandbox)
    for (const bot of [...fleet.bots, ...fleet.bots]) people.add(bot.botId, () => random.between(1000, 3000))
    say('the faults begin')
    await new FaultRun(fleet, say).run(plan)
    people.stop()
    for (const bot of fleet.bots) if (bot.wish === 'stopped') await fleet.turn(bot)
    say('the faults are over')
    await vi.waitFor(
      async () => {
        await fleet.assertConverged()
        if (people.unanswered > 0) throw new Error(`${people.unanswered} messages are not answered`)
      },
      { timeout: convergeLimitMs, interval: 200 },
    )
    say('converged')
    const verdicts = people.judge()
    const requests = judgeRequests(fleet.requests.requests, await fleet.leases())
    print(`chaos: ${plan.length} faults, ${people.asked} messages, ${requests.summary}`)
    expect(verdicts.filter(({ lost }) => lost > 0).map(({ detail }) => detail)).toEqual([])
    expect(requests.violations).toEqual([])
    expect(verdicts.filter(({ doubled }) => doubled > 0).map(({ detail }) => detail)).toEqual([])
  } catch (error) {
    print(fleet.logs(40))
    throw error
  } finally {
    await fleet.stop()
  }
})
