/** What the master's people find in the master's bot; to everybody else its commands are unknown. */
import { notHere } from '../agent/claim.ts'
import type { Room } from '../room.ts'
import {
  askPricing,
  hearPricing,
  listAgents,
  makeClaimLink,
  pauseAgent,
  priceAgent,
  resumeAgent,
  showAgent,
} from './agents.ts'
import { menu } from './menu.ts'
import { askId, askName, createByCommand, hearId, hearName, hearToken } from './new-agent.ts'
import * as topUps from './top-ups.ts'
import * as withdrawals from './withdrawals.ts'

export const adminRoom: Room = {
  isOf: (tenant) => tenant === 'master',
  routes: {
    admin: menu,
    'admin.agents': listAgents,
    'admin.agent': showAgent,
    'admin.pause': pauseAgent,
    'admin.resume': resumeAgent,
    'admin.pricing': askPricing,
    'admin.price': priceAgent,
    'admin.claim': makeClaimLink,
    'admin.create': createByCommand,
    'admin.new': askId,
    'admin.new.name': askName,
    'admin.withdrawals': withdrawals.listWithdrawals,
    'admin.withdrawal': withdrawals.showWithdrawal,
    'admin.approve': withdrawals.approve,
    'admin.reject.command': withdrawals.rejectByCommand,
    'admin.reason': withdrawals.askReason,
    'admin.reject': withdrawals.rejectWithoutReason,
    'admin.pay.command': withdrawals.payByCommand,
    'admin.txid': withdrawals.askTxid,
    'admin.stats': withdrawals.showStats,
    'admin.topups': topUps.listTopUps,
    'admin.topup': topUps.showTopUp,
    'admin.topup.confirm': topUps.confirmByCommand,
    'admin.topup.reference': topUps.askReference,
    'admin.topup.reject': topUps.rejectByCommand,
    'admin.topup.reason': topUps.askReason,
    'agent.elsewhere': notHere,
  },
  commands: {
    admin: 'admin',
    agent: 'agent.elsewhere',
    agent_create: 'admin.create',
    agent_list: 'admin.agents',
    agent_pause: 'admin.pause',
    agent_resume: 'admin.resume',
    agent_pricing: 'admin.price',
    withdraw_list: 'admin.withdrawals',
    withdraw_approve: 'admin.approve',
    withdraw_reject: 'admin.reject.command',
    withdraw_pay: 'admin.pay.command',
    withdraw_stats: 'admin.stats',
    topup_list: 'admin.topups',
    topup_confirm: 'admin.topup.confirm',
    topup_reject: 'admin.topup.reject',
  },
  listeners: {
    awaiting_agent_id: hearId,
    awaiting_agent_name: hearName,
    awaiting_agent_token: hearToken,
    awaiting_agent_pricing: hearPricing,
    awaiting_withdraw_txid: withdrawals.hearTxid,
    awaiting_withdraw_reason: withdrawals.hearReason,
    awaiting_top_up_reference: topUps.hearReference,
    awaiting_top_up_reason: topUps.hearReason,
  },
  menu: [],
}
