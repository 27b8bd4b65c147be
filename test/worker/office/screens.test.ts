/** Whatever the gateway says, what owners and admins are shown can be sent, in every language. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { adminCalls } from '../../../domain/admin-calls.ts'
import type { agentCalls } from '../../../domain/agent-calls.ts'
import { troubles } from '../../../domain/room-result.ts'
import { languages } from '../../../domain/worker-contract.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { parseHtml } from '../../../sandbox/parse-html.ts'
import type { GatewayClient } from '../../../worker/gateway-client.ts'
import { adminRoom } from '../../../worker/shop/admin/room.ts'
import { agentRoom } from '../../../worker/shop/agent/room.ts'
import { Conversation } from '../../../worker/shop/conversation.ts'
import { encodeIntent } from '../../../worker/shop/intent-code.ts'
import { type Said, textMax } from '../../../worker/shop/screen.ts'
import type { Arrival } from '../../../worker/shop/turn.ts'
import { address } from './office-rig.ts'

const nonce = 'zzzzzzzzzzzz'
const text = (max: number) =>
  fc.constantFrom('x', '<b>&"', 'ж'.repeat(max), '&'.repeat(max)).map((each) => each.slice(0, max))
const usdt = fc.constantFrom('0', '12.5', '0.000001', '3999999999999.999999')
const currency = fc.constantFrom('USDT' as const, 'IRR' as const)
const at = fc.constant('2026-11-21T12:00:00.000Z')
const url = fc.constant(`https://example.com/${'u'.repeat(236)}`)
const status = fc.constantFrom('active' as const, 'paused' as const)
const withdrawalId = fc.constant('aw_20250124_143022_abc123')
const count = fc.nat(1_000_000)
const tenant = fc.constant(`agent:${'a'.repeat(50)}`)

const markup = fc.record({
  kind: fc.constantFrom('percent' as const, 'fixed' as const),
  percent: fc.constantFrom('0', '12.5', '100000'),
  fixed: fc.record({ USDT: usdt, IRR: fc.constantFrom('0', '5000000') }),
})
const withdrawal = fc.record({
  id: withdrawalId,
  tenant,
  currency,
  amount: usdt,
  fee: usdt,
  net: usdt,
  address: fc.constant(address),
  status: fc.constantFrom('requested', 'approved', 'paid', 'rejected', 'cancelled'),
  requested_at: at,
  reason: fc.option(text(500)),
  txid: fc.option(fc.constant('f'.repeat(64))),
  approvals: fc.nat(2),
  approvals_needed: fc.integer({ min: 1, max: 2 }),
})
const page = { withdrawals: fc.array(withdrawal, { maxLength: 5 }), older: fc.option(withdrawalId) }
const panel = fc.record({
  name: text(200),
  status,
  markup,
  earnings: fc.array(fc.record({ currency, available: usdt, pending: usdt, held: usdt, paid_out: usdt, debt: usdt }), {
    minLength: 1,
    maxLength: 2,
  }),
  links: fc.record({ support: fc.option(url), channel: fc.option(url), announcement: fc.option(url) }),
  buttons: fc.array(fc.record({ id: fc.constant('0123456789ab'), title: text(64), url }), { maxLength: 5 }),
  notice_chat: fc.option(fc.constant('-1001234567890')),
})
const agent = fc.record({
  ref: fc.constant('.0123456789ab'),
  id: fc.constant('a'.repeat(50)),
  name: text(200),
  status,
  markup,
  owners: count,
  bots: fc.array(fc.record({ id: fc.constant('bot-abc123'), status: fc.constant('approved'), state: text(20) }), {
    maxLength: 5,
  }),
})
const topUp = fc.record({
  id: fc.constant(Number.MAX_SAFE_INTEGER),
  tenant,
  customer: text(200),
  currency,
  amount: usdt,
  status: fc.constantFrom('requested', 'confirmed', 'rejected', 'cancelled', 'expired'),
  created_at: at,
  pay_until: at,
})
const sales = fc.constantFrom('today', 'week', 'month', 'all').chain((period) =>
  fc.record({
    period: fc.constant(period),
    orders: count,
    units: count,
    money: fc.array(fc.record({ currency, turnover: usdt, profit: usdt }), { maxLength: 2 }),
  }),
)
const shopText = {
  text: fc.constantFrom('welcome', 'help', 'terms'),
  in: fc.constantFrom(...languages),
  html: fc.option(text(3500).map((html) => html.replaceAll('<b>&"', 'b'))),
  trouble: fc.option(text(60)),
}

type Shape = Record<string, fc.Arbitrary<unknown>>
const resultOf = (shape: Shape) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('done'), ...shape }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('refused'),
        trouble: fc.constantFrom(...troubles),
        detail: fc.option(fc.constantFrom('10', 'paid', 'expired', 'x'.repeat(200))),
      }),
    },
    fc.record({ kind: fc.constantFrom('stranger', 'elsewhere') }),
  )

const ofPanel = resultOf({ panel })
const ofWithdrawal = resultOf({ withdrawal })
const ofAgent = resultOf({ agent })
const ofTopUp = resultOf({ topUp })
const ofText = resultOf(shopText)
const results = {
  agentPanel: ofPanel,
  agentMarkup: ofPanel,
  agentLink: ofPanel,
  agentAddButton: ofPanel,
  agentRemoveButton: ofPanel,
  agentText: ofText,
  agentSetText: ofText,
  agentNoticeChat: ofPanel,
  agentTestNotice: ofPanel,
  agentQuote: resultOf({
    currency: fc.constant('USDT'),
    available: usdt,
    minimum: usdt,
    fee: usdt,
    amount: usdt,
    net: usdt,
    address: fc.constant(address),
  }),
  agentWithdraw: ofWithdrawal,
  agentWithdrawals: resultOf(page),
  agentCancelWithdrawal: ofWithdrawal,
  agentStatistics: resultOf({
    sales: fc.array(sales, { minLength: 4, maxLength: 4 }),
    customers: count,
    recent_customers: count,
  }),
  claimShop: fc.constantFrom('claimed', 'already', 'unknown', 'expired', 'used'),
  adminMenu: resultOf({ username: text(60), agents: count, withdrawals: count, topUps: count }),
  adminAgents: resultOf({
    agents: fc.array(agent, { maxLength: 5 }),
    page: fc.integer({ min: 1, max: 9 }),
    pages: fc.constant(9),
  }),
  adminAgent: ofAgent,
  adminCreateAgent: ofAgent,
  adminPauseAgent: ofAgent,
  adminResumeAgent: ofAgent,
  adminPriceAgent: ofAgent,
  adminClaimLink: resultOf({
    agent,
    link: fc.option(url),
    message: fc.option(fc.constant(`/start claim-${'c'.repeat(43)}`)),
    hours: fc.constant(24),
  }),
  adminWithdrawals: resultOf({ ...page, status: fc.constantFrom(null, 'requested', 'paid') }),
  adminWithdrawal: ofWithdrawal,
  adminApprove: ofWithdrawal,
  adminReject: ofWithdrawal,
  adminPay: ofWithdrawal,
  adminWithdrawalStats: resultOf({
    stats: fc.array(
      fc.record({
        currency,
        states: fc.array(fc.record({ status: fc.constantFrom('requested', 'paid'), count, amount: usdt }), {
          maxLength: 5,
        }),
        paid_out: usdt,
        fees: usdt,
      }),
      { maxLength: 2 },
    ),
  }),
  adminTopUps: resultOf({ topUps: fc.array(topUp, { maxLength: 5 }), older: fc.option(fc.constant(5)) }),
  adminTopUp: ofTopUp,
  adminConfirmTopUp: ofTopUp,
  adminRejectTopUp: ofTopUp,
} satisfies Record<keyof typeof agentCalls | keyof typeof adminCalls, fc.Arbitrary<unknown>>

/** What buttons carry, what commands are given, and nothing. */
const args = fc.oneof(
  fc.constantFrom(
    [],
    ['support', nonce],
    ['welcome', 'fa', nonce],
    [address, 'zzzzzzzzzzzz', nonce],
    ['percent', '10', nonce],
    ['.0123456789ab', 'fixed', '0.05', nonce],
    ['aw_20250124_143022_abc123', nonce],
    ['requested', 'aw_20250124_143022_abc123'],
    ['12', 'REF'],
    ['-'],
  ),
  fc.array(fc.constantFrom('agent001', 'percent', '1', nonce), { maxLength: 4 }),
)

function saidIn({ routes, commands }: typeof agentRoom): fc.Arbitrary<Said> {
  return fc.oneof(
    fc.record({
      kind: fc.constant('choice' as const),
      intent: fc.record({ route: fc.constantFrom(...Object.keys(routes)), args }),
    }),
    fc.record({
      kind: fc.constant('command' as const),
      command: fc.constantFrom(...Object.keys(commands)),
      words: args,
    }),
    fc.record({
      kind: fc.constant('text' as const),
      text: fc.constantFrom('', '3', 'x', '12.5', '10%', address, 'y'.repeat(4096)),
    }),
  )
}

const askedIn = ({ listeners }: typeof agentRoom) =>
  fc.record({
    ask: fc.constantFrom(...Object.keys(listeners)),
    args: fc.constantFrom([], ['12.5'], ['welcome', 'ru'], ['-', 'N'.repeat(200)], ['aw_20250124_143022_abc123']),
  })

describe.each(languages)('in %s', (language) => {
  test.for([
    ['an owner', 'agent:ann', agentRoom],
    ['an admin', 'master', adminRoom],
  ] as const)('every answer to %s can be sent', async ([, ofTenant, room]) => {
    await fc.assert(
      fc.asyncProperty(saidIn(room), askedIn(room), fc.record(results), async (said, state, outcomes) => {
        // A gateway that is none, and says whatever it likes.
        const call = async (name: string): Promise<unknown> => {
          if (name === 'recall') return { state, answered: false }
          const result = (outcomes as Record<string, unknown>)[name]
          return { outcome: { customerId: 'c', language, result }, repeated: false, answered: false, earlierMarks: [] }
        }
        const gateway = { call } as unknown as GatewayClient
        const conversation = new Conversation({
          gateway,
          clock: systemClock,
          identity: { name: 'B', tenant: ofTenant },
        })
        const person = { platformUserId: '1', chatId: '1', username: null, displayName: 'N', languageHint: null }
        const arrival: Arrival = { person, updateKey: 'tg:1', nonce, isOld: false, answerMark: null, token: null }
        const { screens, asks } = await conversation.respond(said, arrival, async () => {})
        expect(screens.length).toBeGreaterThan(0)
        for (const screen of screens) {
          const { text: shown } = parseHtml(screen.text)
          expect(shown.length).toBeLessThanOrEqual(textMax)
          expect(screen.text).not.toMatch(/\{[a-z_]+\}/i)
          for (const row of screen.choices ?? []) {
            expect(row.length).toBeGreaterThan(0)
            for (const each of row)
              if ('intent' in each) expect(encodeIntent(each.intent).length).toBeLessThanOrEqual(64)
          }
        }
        for (const arg of asks?.args ?? []) expect(arg.length).toBeLessThanOrEqual(2000)
      }),
      { numRuns: 1500 },
    )
  })
})
