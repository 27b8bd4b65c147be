/** The business calls of the contract that are more than one statement: decode, fence, apply once, effect. */
import type { GatewayCallName } from '../domain/worker-contract.ts'
import { recallAsked } from '../services/chat/recall-asked.ts'
import { chooseLanguage } from '../services/choose-language.ts'
import { markBlocked } from '../services/mark-blocked.ts'
import { isLinkCode } from '../services/one-time-code.ts'
import { tellUnsteady } from '../services/outbox/tell-unsteady.ts'
import { redeemLinkCode } from '../services/redeem-link-code.ts'
import { adminHandlers } from './admin-calls.ts'
import { agentHandlers } from './agent-calls.ts'
import { arrive, type BusinessCall, decodeCall, once, passFence, roomCalls } from './call-frame.ts'
import { newsHandlers, outboxHandlers } from './outbox-calls.ts'
import { pictureCall } from './picture-call.ts'
import { shopHandlers } from './shop-calls.ts'
import { leaveRole } from './tenant-role.ts'
import type { StatementCallName } from './whatsapp-calls.ts'

export const businessCalls: { readonly [N in Exclude<GatewayCallName, StatementCallName>]: BusinessCall } = {
  ...roomCalls(shopHandlers),
  ...roomCalls(agentHandlers),
  ...roomCalls(adminHandlers),
  ...roomCalls(newsHandlers),
  ...outboxHandlers,
  picture: pictureCall,

  arrive: async (tx, claim, body) => {
    const { opened: _, ...arrived } = await arrive(tx, claim, decodeCall('arrive', body))
    return arrived
  },

  chooseLanguage: async (tx, claim, body) => {
    const request = decodeCall('chooseLanguage', body)
    return once(tx, claim, request, async (customer) => {
      await chooseLanguage(tx, { customerId: customer.customerId, language: request.language })
      return { ...customer, language: request.language }
    })
  },

  redeemLink: async (tx, claim, body) => {
    const request = decodeCall('redeemLink', body)
    return once(tx, claim, request, async (customer, { instance, person }) => {
      // A user of ours may be anybody's.
      if (await isLinkCode(tx, request.code)) await leaveRole(tx)
      const redeemed = await redeemLinkCode(tx, {
        code: request.code,
        platform: instance.platform,
        platformUserId: person.platformUserId,
        source: `bot:${instance.instanceId}`,
      })
      return { ...customer, ...redeemed }
    })
  },

  recall: async (tx, claim, body) => {
    const request = decodeCall('recall', body)
    const instance = await passFence(tx, claim)
    return recallAsked(tx, instance, request)
  },

  markBlocked: async (tx, claim, body) => {
    const request = decodeCall('markBlocked', body)
    const instance = await passFence(tx, claim)
    await markBlocked(tx, instance, request)
    return {}
  },

  unsteady: async (tx, claim, body) => {
    const request = decodeCall('unsteady', body)
    const { instanceId } = await passFence(tx, claim)
    await tellUnsteady(tx, { instanceId, ...request })
    return {}
  },
}
