/** Everybody who has to do with the shops of a fleet, and who is about to pay. */
import { createHash } from 'node:crypto'
import { tronAddressOf } from '../../../domain/tron-address.ts'
import { addOwner } from '../../../services/agents/add-owner.ts'
import { ownerActor } from '../../support/rig.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import type { ChaosBot, ChaosFleet } from './chaos-fleet.ts'
import { MoneyOffice } from './money-office.ts'
import { Owner, type PayPress, Shopper, type Visitor } from './money-shopper.ts'

const peopleCount = 6

/** Everybody, with some money, in front of the bots. */
export async function openStreet(fleet: ChaosFleet, seed: number) {
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
  const visit = (name: string, bot: ChaosBot): Visitor => {
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
  return { office, shoppers, owners, nextPay }
}
