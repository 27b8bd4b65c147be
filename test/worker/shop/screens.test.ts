/** Whatever the gateway says, a screen fits into a message and every button into its 64 bytes, in every language. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shopCalls } from '../../../domain/shop-calls.ts'
import { languages } from '../../../domain/worker-contract.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { parseHtml } from '../../../sandbox/parse-html.ts'
import type { GatewayClient } from '../../../worker/gateway-client.ts'
import { Conversation } from '../../../worker/shop/conversation.ts'
import { customerRoom } from '../../../worker/shop/customer/room.ts'
import { encodeIntent } from '../../../worker/shop/intent-code.ts'
import { captionMax, type Said, textMax } from '../../../worker/shop/screen.ts'
import type { Arrival } from '../../../worker/shop/turn.ts'

/** Short ones, and the longest there is, of what has to be escaped and of what runs from right to left. */
const text = (maxLength: number) =>
  fc.oneof(
    fc.string({
      unit: fc.constantFrom('<', '&', 'a', 'ب', '"'),
      minLength: 1,
      maxLength: Math.min(20, maxLength),
    }),
    fc.constantFrom('<', 'ب', 'x').map((letter) => letter.repeat(maxLength)),
  )
const currency = fc.constantFrom('USDT' as const, 'IRR' as const)
const whole = fc.bigInt({ min: 1n, max: 2n ** 62n }).map(String)
const amount = fc.oneof(whole, fc.constant('9223372036854.775807'))
const usdt = fc.constant('9223372036854.775807')
const id = fc.integer({ min: 1, max: 2 ** 31 })
const productId = fc.constantFrom('v', 'vpn_1-month', 'z'.repeat(30))
const at = fc.constant('2026-11-21T12:05:00.000Z')
const url = fc.constant('https://example.com/')
const money = fc.record({ amount, currency })
const order = fc.record({
  id,
  product: productId,
  name: text(200),
  quantity: fc.integer({ min: 1, max: 1000 }),
  currency: fc.constant('USDT' as const),
  unitPrice: usdt,
  total: usdt,
  status: fc.constantFrom('paid' as const, 'refunded' as const),
  at,
  refusal: fc.constantFrom(
    null,
    ...(['fewer_left', 'price_changed', 'sold_out', 'over_limit', 'not_enough_balance'] as const),
  ),
  detail: fc.constantFrom('0', '3', '999'),
  refundedUnits: fc.nat(3),
  refunded: usdt,
})
const topUp = fc.record({
  id,
  amount: usdt,
  currency: fc.constant('USDT' as const),
  status: fc.constantFrom('requested' as const, 'expired' as const),
  instructions: text(2000),
  payUntil: at,
})
const topUpOutcome = fc.oneof(
  topUp.map((each) => ({ kind: 'done' as const, topUp: each })),
  fc.record({
    kind: fc.constant('refused' as const),
    refusal: fc.constantFrom('below_minimum' as const, 'above_maximum' as const, 'too_many_open' as const),
    detail: usdt,
  }),
)

/** The most that each call may come to. */
const results = {
  home: fc.record({
    paused: fc.boolean(),
    welcome: fc.constantFrom(null, 'w'.repeat(3500)),
    hasTerms: fc.boolean(),
    links: fc.record({ support: url, channel: url, announcement: url }),
    buttons: fc.array(fc.record({ title: text(64), url }), { maxLength: 5 }),
    balances: fc.array(money, { maxLength: 2 }),
  }),
  shopText: fc.constantFrom(null, 'h'.repeat(3500)),
  shelf: fc.oneof(
    fc.record({
      kind: fc.constant('categories' as const),
      categories: fc.array(fc.record({ id: fc.nat(2 ** 31), name: text(100) }), { maxLength: 30 }),
    }),
    fc.record({
      kind: fc.constant('products' as const),
      category: fc.option(text(100)),
      hasOthers: fc.boolean(),
      products: fc.array(
        fc.record({
          id: productId,
          name: text(200),
          price: usdt,
          currency: fc.constant('USDT' as const),
          soldOut: fc.boolean(),
        }),
        { maxLength: 8 },
      ),
      page: fc.nat(5),
      pages: fc.integer({ min: 1, max: 6 }),
    }),
  ),
  product: fc.option(
    fc.record({
      id: productId,
      category: fc.nat(2 ** 31),
      name: text(200),
      description: fc.oneof(text(3000), text(800), text(1000)),
      price: usdt,
      currency: fc.constant('USDT' as const),
      left: fc.nat(1000),
      limit: fc.option(fc.nat(1000)),
      mayBuy: fc.nat(1000),
      picture: fc.option(fc.constant('0123456789abcdef')),
    }),
  ),
  quote: fc.option(
    order.map(({ id: _id, status: _status, at: _at, refundedUnits: _units, refunded: _refunded, ...rest }) => ({
      ...rest,
      balance: '9223372036854.775807',
    })),
  ),
  pay: fc.option(fc.record({ order, balance: usdt })),
  orders: fc.record({ orders: fc.array(order, { maxLength: 8 }), hasMore: fc.boolean() }),
  order: fc.option(order),
  goods: fc.option(
    fc.record({
      order,
      lines: fc.array(text(900), { maxLength: 12 }),
      files: fc.constant([{ name: 'f', content: '' }]),
    }),
  ),
  history: fc.record({
    balances: fc.array(money, { maxLength: 2 }),
    movements: fc.array(
      fc.record({
        id,
        at,
        kind: fc.constantFrom('sale', 'top_up'),
        amount,
        currency,
        order: fc.option(id),
        name: fc.option(text(200)),
      }),
      { maxLength: 8 },
    ),
    hasMore: fc.boolean(),
  }),
  topUps: fc.record({
    currency: fc.constant('USDT' as const),
    minimum: fc.constant('1'),
    maximum: usdt,
    open: fc.array(topUp, { maxLength: 5 }),
  }),
  requestTopUp: topUpOutcome,
  cancelTopUp: topUpOutcome,
  wish: fc.constantFrom('noted' as const, 'available' as const, 'not_for_sale' as const),
  settings: fc.record({ news: fc.boolean() }),
} satisfies Record<keyof typeof shopCalls, fc.Arbitrary<unknown>>

const routes = Object.keys(customerRoom.routes)
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    kind: fc.constant('choice' as const),
    intent: fc.record({
      route: fc.constantFrom(...routes),
      args: fc.oneof(
        fc.tuple(
          productId,
          fc.constantFrom('1', '9', '1000'),
          fc.constant('1y2p0ij32e8e7'),
          fc.constant('abcdef012345'),
        ),
        fc.tuple(id.map(String), fc.constant('0')),
        fc.tuple(fc.constantFrom('10', 'on', 'fa'), fc.constant('abcdef012345')),
        fc.constant([]),
      ),
    }),
  }),
  fc.record({ kind: fc.constant('text' as const), text: fc.constantFrom('3', 'x', '12.5') }),
)
const asked = fc.constantFrom(
  null,
  { ask: 'quantity', args: ['z'.repeat(30)] },
  { ask: 'top_up_amount', args: ['USDT'] },
)

describe.each(languages)('in %s', (language) => {
  test('every answer of the customers’ room can be sent', async () => {
    const nonce = 'zzzzzzzzzzzz'
    await fc.assert(
      fc.asyncProperty(said, asked, fc.record(results), async (what, state, outcomes) => {
        // A gateway that is none, and says whatever it likes.
        const call = async (name: string): Promise<unknown> => {
          if (name === 'recall') return { state, answered: false }
          const result = (outcomes as Record<string, unknown>)[name]
          return { outcome: { customerId: 'c', language, result }, repeated: false, answered: false, earlierMarks: [] }
        }
        const gateway = { call } as unknown as GatewayClient
        const identity = { name: 'B'.repeat(64), tenant: 'master' }
        const conversation = new Conversation({ gateway, clock: systemClock, identity })
        const person = {
          platformUserId: '1',
          chatId: '1',
          username: null,
          displayName: 'N'.repeat(256),
          languageHint: null,
        }
        const arrival: Arrival = { person, updateKey: 'tg:1', nonce, isOld: false, answerMark: null, token: null }
        const { screens } = await conversation.respond(what, arrival, async () => {})
        expect(screens.length).toBeGreaterThan(0)
        for (const screen of screens) {
          const { text: shown } = parseHtml(screen.text)
          const isCaption = screen.picture !== undefined || screen.attachment !== undefined
          expect(shown.trim()).not.toBe('')
          expect(shown.length).toBeLessThanOrEqual(isCaption ? captionMax : textMax)
          expect((screen.choices ?? []).flat().length).toBeLessThanOrEqual(100)
          for (const row of screen.choices ?? []) {
            expect(row.length).toBeGreaterThan(0)
            for (const each of row)
              if ('intent' in each) expect(encodeIntent(each.intent).length).toBeLessThanOrEqual(64)
          }
        }
      }),
      { numRuns: 3000 },
    )
  })
})
