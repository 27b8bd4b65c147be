/** The business calls of the contract: decode, fence, apply once, effect. Each runs inside one transaction. */
import type { GatewayCallName } from '../domain/worker-contract.ts'
import { recallAsked } from '../services/chat/recall-asked.ts'
import { rememberAsked } from '../services/chat/remember-asked.ts'
import { chooseLanguage } from '../services/choose-language.ts'
import { markAnswered } from '../services/mark-answered.ts'
import { markBlocked } from '../services/mark-blocked.ts'
import { isLinkCode } from '../services/one-time-code.ts'
import { redeemLinkCode } from '../services/redeem-link-code.ts'
import { adminHandlers } from './admin-calls.ts'
import { agentHandlers } from './agent-calls.ts'
import { type BusinessCall, decodeCall, once, passFence, roomCalls } from './call-frame.ts'
import { newsHandlers, outboxHandlers } from './outbox-calls.ts'
import { pictureCall } from './picture-call.ts'
import { shopHandlers } from './shop-calls.ts'
import { leaveRole } from './tenant-role.ts'

export const businessCalls: { readonly [N in GatewayCallName]: BusinessCall } = {
  ...roomCalls(shopHandlers),
  ...roomCalls(agentHandlers),
  ...roomCalls(adminHandlers),
  ...roomCalls(newsHandlers),
  ...outboxHandlers,
  picture: pictureCall,

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
      // A user of ours may be anybody's.
      if (await isLinkCode(tx, request.code)) await leaveRole(tx)
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
    if (request.asked !== null) await rememberAsked(tx, instance, request.asked)
    return {}
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
}
