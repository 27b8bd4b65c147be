import type { adminCalls } from '../../domain/admin-calls.ts'
import type { agentCalls } from '../../domain/agent-calls.ts'

type Once = (updateKey: string, more?: object) => object

/** A body that fits for each call of owners and admins. */
export function officeCalls(once: Once): { readonly [N in keyof typeof agentCalls | keyof typeof adminCalls]: object } {
  const markup = { kind: 'percent', percent: '10' }
  const agent = 'agent001'
  const withdrawal = 'aw_20250124_143022_abc123'
  return {
    agentPanel: once('tg:60'),
    agentMarkup: once('tg:61', { markup }),
    agentLink: once('tg:62', { link: 'support', url: '@support' }),
    agentAddButton: once('tg:63', { title: 'FAQ', url: 'https://example.com/faq' }),
    agentRemoveButton: once('tg:64', { button: 'none' }),
    agentText: once('tg:65', { text: 'welcome', in: 'en' }),
    agentSetText: once('tg:66', { text: 'welcome', in: 'en', html: 'Hello' }),
    agentNoticeChat: once('tg:67', { chat: '-1001234567890' }),
    agentTestNotice: once('tg:68'),
    agentQuote: once('tg:69', { amount: '10', address: null }),
    agentWithdraw: once('tg:70', { amount: '10', address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb' }),
    agentWithdrawals: once('tg:71', { before: null }),
    agentCancelWithdrawal: once('tg:72', { withdrawal }),
    agentStatistics: once('tg:73'),
    claimShop: once('tg:74', { code: 'none' }),
    adminMenu: once('tg:80'),
    adminAgents: once('tg:81', { page: 1 }),
    adminAgent: once('tg:82', { agent }),
    adminCreateAgent: once('tg:83', { id: agent, token: '7009:fake-token-for-tests', name: 'Agent' }),
    adminPauseAgent: once('tg:84', { agent }),
    adminResumeAgent: once('tg:85', { agent }),
    adminPriceAgent: once('tg:86', { agent, markup }),
    adminClaimLink: once('tg:87', { agent }),
    adminWithdrawals: once('tg:88', { status: null, before: null }),
    adminWithdrawal: once('tg:89', { withdrawal }),
    adminApprove: once('tg:90', { withdrawal }),
    adminReject: once('tg:91', { withdrawal, reason: 'no' }),
    adminPay: once('tg:92', { withdrawal, txid: 'a'.repeat(64) }),
    adminWithdrawalStats: once('tg:93'),
    adminTopUps: once('tg:94', { before: null }),
    adminTopUp: once('tg:95', { topUp: '1' }),
    adminConfirmTopUp: once('tg:96', { topUp: '1', reference: 'TX-1' }),
    adminRejectTopUp: once('tg:97', { topUp: '1', reason: 'no' }),
  }
}
