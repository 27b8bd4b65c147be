/**
 * After the chaos: what is under way arrives, whoever is to survive is alive and awake, time passes in steps of less
 * than a third of a lease, and the fleet must come to what was wished.
 */
import { expect } from 'vitest'
import { type Assignment, capacity, type ServerName, serverNames } from './model-database.ts'
import { pass, roundMs, type Scene, tend } from './scene.ts'
import type { SimulatedSupervisor } from './supervisor.ts'

const roundsMax = 280

/** `survivors`: the servers that still have a machine. */
export async function settle(scene: Scene, survivors: readonly ServerName[]): Promise<void> {
  const { world } = scene
  while (world.underWay.length > 0) await world.underWay.shift()?.('answered')
  for (const [index, seat] of scene.seats.entries()) {
    if (!survivors.includes(seat.server)) scene.replace(index)
    else await seat.courier.stall(false)
  }
  const living = scene.seats.filter((seat) => survivors.includes(seat.server))
  let wrongs: string[] = []
  for (let round = 0; round < roundsMax; round += 1) {
    await pass(scene, roundMs)
    for (const supervisor of living) {
      await tend(supervisor, scene)
      await world.check()
    }
    wrongs = await wrongsOf(scene, living)
    if (wrongs.length === 0) return
  }
  expect(wrongs, `not settled after ${(roundsMax * roundMs) / 1000} s`).toEqual([])
}

/** One server as it stands at the end. */
interface Standing {
  readonly name: ServerName
  readonly isAlive: boolean
  readonly isDraining: boolean
  readonly stopsPinned: boolean
  /** It is alive, takes bots, and has a seat that no wanted bot is assigned to. */
  readonly hasRoom: boolean
  readonly running: number
}

/** What is not yet as wished. */
async function wrongsOf({ world }: Scene, living: readonly SimulatedSupervisor[]): Promise<string[]> {
  const assigned = await world.database.assignments()
  const isWanted = ({ desired }: Assignment) => desired === 'running'
  const standings: Standing[] = []
  for (const name of serverNames) {
    const { isDraining, stopsPinned } = await world.database.standingOf(name)
    const isAlive = living.some(({ server, term }) => server === name && term?.isCertain() === true)
    const seatsTaken = assigned.filter((bot) => bot.server === name && isWanted(bot)).length
    const running = assigned.filter(({ id }) => world.receiving(id)[0]?.server === name).length
    const hasRoom = isAlive && !isDraining && seatsTaken < capacity
    standings.push({ name, isAlive, isDraining, stopsPinned, hasRoom, running })
  }
  const dead = standings.filter(({ name, isAlive }) => !isAlive && living.some(({ server }) => server === name))
  const wrongs = dead.map(({ name }) => `nobody holds ${name}`)
  for (const bot of assigned) {
    const runsAt = world.receiving(bot.id)[0]?.server
    const wrong = wrongOf(bot, runsAt, standings)
    if (wrong !== undefined) wrongs.push(`${bot.id} (${bot.placement}, of ${bot.server}): ${wrong}`)
  }
  return wrongs
}

function wrongOf(bot: Assignment, runsAt: ServerName | undefined, standings: readonly Standing[]): string | undefined {
  const own = standings.find(({ name }) => name === bot.server)
  if (own === undefined) return 'its server is unknown'
  if (bot.desired !== 'running') return runsAt === undefined ? undefined : 'runs, although it is to be stopped'
  if (runsAt !== undefined && runsAt !== bot.server) return `runs at ${runsAt}`
  const elsewhere = standings.find(({ name, hasRoom }) => name !== bot.server && hasRoom)
  const shouldGo = bot.placement === 'floating' && elsewhere !== undefined
  if (!own.isAlive) return shouldGo ? `${elsewhere.name} has not taken it over` : undefined
  if (own.isDraining) {
    if (shouldGo) return `was not handed over to ${elsewhere.name}`
    return bot.placement === 'pinned' && own.stopsPinned && runsAt !== undefined ? 'runs, although drained' : undefined
  }
  if (runsAt !== undefined) return undefined
  if (own.running < capacity) return 'does not run'
  return shouldGo ? `has no seat, and ${elsewhere.name} has room` : undefined
}
