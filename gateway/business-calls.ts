/** The business calls of the contract: decode, fence, apply once, effect. Each runs inside one transaction. */
import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import { type GatewayCallName, type GatewayRequest, gatewayCalls, type Person } from '../domain/worker-contract.ts'
import { applyOnce, type OnceOutcome } from '../services/apply-once.ts'
import { chooseLanguage } from '../services/choose-language.ts'
import { type Fence, type FencedInstance, fence } from '../services/fence.ts'
import { markAnswered } from '../services/mark-answered.ts'
import { markBlocked } from '../services/mark-blocked.ts'
import { type ArrivedCustomer, recordArrival } from '../services/record-arrival.ts'
import { redeemLinkCode } from '../services/redeem-link-code.ts'

/** The worker's epoch or nonce is stale, or its instance may not run: nothing was written. */
export class Fenced extends Error {
  constructor() {
    super('this worker no longer holds its instance')
    this.name = 'Fenced'
  }
}

type BusinessCall = (tx: Tx, claim: Fence, body: unknown) => Promise<unknown>

export const businessCalls: { readonly [N in GatewayCallName]: BusinessCall } = {
  arrive: async (tx, claim, body) => {
    const request = decodeCall('arrive', body)
    const instance = await passFence(tx, claim)
    return once(tx, instance, request, async (customer) => customer)
  },

  chooseLanguage: async (tx, claim, body) => {
    const request = decodeCall('chooseLanguage', body)
    const instance = await passFence(tx, claim)
    return once(tx, instance, request, async (customer) => {
      await chooseLanguage(tx, { customerId: customer.customerId, language: request.language })
      return { ...customer, language: request.language }
    })
  },

  redeemLink: async (tx, claim, body) => {
    const request = decodeCall('redeemLink', body)
    const instance = await passFence(tx, claim)
    return once(tx, instance, request, async (customer) => {
      const redeemed = await redeemLinkCode(tx, {
        code: request.code,
        platform: instance.platform,
        platformUserId: request.person.platformUserId,
        source: `bot:${instance.instanceId}`,
      })
      return { ...customer, ...redeemed }
    })
  },

  answered: async (tx, claim, body) => {
    const request = decodeCall('answered', body)
    const instance = await passFence(tx, claim)
    await markAnswered(tx, { instanceId: instance.instanceId, updateKeys: request.updateKeys })
    return {}
  },

  markBlocked: async (tx, claim, body) => {
    const request = decodeCall('markBlocked', body)
    const instance = await passFence(tx, claim)
    await markBlocked(tx, instance, request)
    return {}
  },
}

async function passFence(tx: Tx, claim: Fence): Promise<FencedInstance> {
  const instance = await fence(tx, claim)
  if (instance === undefined) throw new Fenced()
  return instance
}

function once<Outcome>(
  tx: Tx,
  instance: FencedInstance,
  request: { updateKey: string; nonce: string | null; person: Person; answerMark: string | null },
  effect: (customer: ArrivedCustomer) => Promise<Outcome>,
): Promise<OnceOutcome<Outcome>> {
  return applyOnce(tx, {
    instanceId: instance.instanceId,
    updateKey: request.updateKey,
    nonce: request.nonce,
    answerMark: request.answerMark,
    effect: async () => effect(await recordArrival(tx, instance, request.person)),
  })
}

function decodeCall<N extends GatewayCallName>(name: N, body: unknown): GatewayRequest<N> {
  const result = gatewayCalls[name].request.safeParse(body)
  if (!result.success) throw new Failure('usage', `the body of ${name} does not fit the contract`)
  return result.data as GatewayRequest<N>
}
