/**
 * A worker of one tenant, taken over by somebody who knows every id of another tenant, reads and changes nothing of that
 * other tenant through any call of the gateway: with row-level security behind the services, and without it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayCallName, gatewayCalls } from '../../domain/worker-contract.ts'
import { agentRef } from '../../services/chat/agent-ref.ts'
import { type Door, openDoor } from './gateway-door.ts'
import { openThreeTenants, rowsOf, type TenantIds, type ThreeTenants } from './three-tenants.ts'

type Once = (more?: object) => object
/** Bodies by which a call can name what is another tenant's; a new call needs an entry. */
const attempts: { readonly [N in GatewayCallName]: (theirs: TenantIds, once: Once) => readonly object[] } = {
  arrive: (_, once) => [once()],
  chooseLanguage: (_, once) => [once({ language: 'fa' })],
  redeemLink: ({ claimCode }, once) => [once({ code: claimCode })],
  answered: ({ updateKey, waKey, instance, chat, people }) =>
    people.flatMap((platformUserId) => [
      { updateKeys: [waKey], sending: [{ chat, id: instance, body: 'stolen' }] },
      { updateKeys: [updateKey], asked: { platformUserId, state: null } },
      { updateKeys: [updateKey], asked: { platformUserId, state: { ask: 'amount', args: ['x'] } } },
    ]),
  recall: ({ updateKey, people }) => people.map((id) => ({ updateKey, person: personOf(id, id) })),
  picture: () => [{ product: 'prod-shared' }],
  markBlocked: ({ people }) => people.map((platformUserId) => ({ platformUserId, blocked: true })),
  unsteady: () => [{ times: 5, withinMs: 600_000 }],

  home: (_, once) => [once()],
  shopText: (_, once) => [once({ text: 'help' }), once({ text: 'terms' })],
  shelf: (_, once) => [once({ category: null, page: 0 }), once({ category: 0, page: 0 })],
  product: (_, once) => [once({ product: 'prod-shared' }), once({ product: 'prod-wanted' })],
  quote: (_, once) => [once({ product: 'prod-shared', quantity: 1 })],
  pay: (_, once) =>
    ['1000000', '1100000'].map((shownUnitPrice) =>
      once({ product: 'prod-shared', quantity: 1, shownUnitPrice, rendering: `r${shownUnitPrice}` }),
    ),
  orders: ({ order }, once) => [once({ before: null }), once({ before: order + 1 })],
  order: ({ order }, once) => [once({ order })],
  goods: ({ order }, once) => [once({ order })],
  history: (_, once) => [once({ before: null }), once({ before: 1_000_000 })],
  topUps: (_, once) => [once()],
  requestTopUp: (_, once) => [once({ amount: '8', rendering: 'r1' })],
  cancelTopUp: ({ topUp }, once) => [once({ topUp })],
  wish: (_, once) => [once({ product: 'prod-wanted' })],
  settings: (_, once) => [once()],
  setNews: (_, once) => [once({ wanted: false })],

  agentPanel: (_, once) => [once()],
  agentMarkup: (_, once) => [once({ markup: { kind: 'percent', percent: '99' } })],
  agentLink: (_, once) => [once({ link: 'support', url: '@stolen' })],
  agentAddButton: (_, once) => [once({ title: 'stolen', url: 'https://example.com/stolen' })],
  agentRemoveButton: (_, once) => [once({ button: 'none' })],
  agentText: (_, once) => [once({ text: 'welcome', in: 'en' })],
  agentSetText: (_, once) => [once({ text: 'welcome', in: 'en', html: 'stolen' })],
  agentNoticeChat: ({ people }, once) => people.map((chat) => once({ chat })),
  agentTestNotice: (_, once) => [once()],
  agentQuote: (_, once) => [once({ amount: null, address: null }), once({ amount: '10', address: null })],
  agentWithdraw: (_, once) => [once({ amount: '10', address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb' })],
  agentWithdrawals: ({ withdrawal }, once) => [once({ before: null }), once({ before: withdrawal })],
  agentCancelWithdrawal: ({ withdrawal }, once) => [once({ withdrawal })],
  agentStatistics: (_, once) => [once()],
  claimShop: ({ claimCode }, once) => [once({ code: claimCode })],

  adminMenu: (_, once) => [once()],
  adminAgents: (_, once) => [once({ page: 1 })],
  adminAgent: (theirs, once) => refsOf(theirs).map((agent) => once({ agent })),
  adminCreateAgent: ({ canary }, once) => [
    once({ id: canary.replace('canary-', ''), token: '7009:fake-token-for-tests', name: 'stolen' }),
  ],
  adminPauseAgent: (theirs, once) => refsOf(theirs).map((agent) => once({ agent })),
  adminResumeAgent: (theirs, once) => refsOf(theirs).map((agent) => once({ agent })),
  adminPriceAgent: (theirs, once) =>
    refsOf(theirs).map((agent) => once({ agent, markup: { kind: 'percent', percent: '99' } })),
  adminClaimLink: (theirs, once) => refsOf(theirs).map((agent) => once({ agent })),
  adminWithdrawals: (_, once) => [once({ status: null, before: null })],
  adminWithdrawal: ({ withdrawal }, once) => [once({ withdrawal })],
  adminApprove: ({ withdrawal }, once) => [once({ withdrawal })],
  adminReject: ({ withdrawal }, once) => [once({ withdrawal, reason: 'stolen' })],
  adminPay: ({ withdrawal }, once) => [once({ withdrawal, txid: 'a'.repeat(64) })],
  adminWithdrawalStats: (_, once) => [once()],
  adminTopUps: (_, once) => [once({ before: null })],
  adminTopUp: ({ topUp }, once) => [once({ topUp: String(topUp) })],
  adminConfirmTopUp: ({ topUp }, once) => [once({ topUp: String(topUp), reference: 'STOLEN' })],
  adminRejectTopUp: ({ topUp }, once) => [once({ topUp: String(topUp), reason: 'stolen' })],

  waOpen: () => [{}],
  waKeys: ({ instance }) => [{ type: 'session', ids: [instance, 'a'] }],
  waStore: ({ instance }) => [
    { creds: 'stolen', linked: true, keys: [] },
    { keys: [instance, 'a'].flatMap((id) => ['stolen', null].map((value) => ({ type: 'session', id, value }))) },
  ],
  waForget: () => [{}],
  waPairing: ({ pairing }) => [
    { number: pairing, news: { step: 'code', code: 'STOLENXX', forMs: 60_000 } },
    { number: pairing, news: { step: 'linked' } },
  ],
  waArrived: ({ waKey }) => [{ updateKey: waKey, body: 'stolen' }],
  waPending: () => [{}],
  waSending: ({ instance, chat }) => [{ messages: [{ chat, id: instance, body: 'stolen' }] }],
  waSent: ({ instance, chat }) => [{ changes: [{ chat, id: instance, state: 'delivered' }] }],
  waSentBody: ({ instance, chat }) => [{ chats: [chat], id: instance }],

  outboxDue: () => [{}],
  outboxNext: ({ chat, people, message, goodsMessage }) => [
    ...[chat, ...people].map((chatId) => ({ chatId, take: 'any', answerMark: null, settled: null })),
    ...[message, goodsMessage].map((id) => ({
      chatId: chat,
      take: 'nothing',
      answerMark: null,
      settled: { id, outcome: 'sent', messageId: 999_999 },
    })),
  ],
  outboxPart: ({ message, goodsMessage }) =>
    [message, goodsMessage].map((id) => ({ id, partsSent: 7, answerMark: '5' })),
  outboxFile: ({ message, goodsMessage }) =>
    [message, goodsMessage].flatMap((id) => [0, 1].map((number) => ({ id, number }))),
}

/** By id, by tenant, and by the short form of buttons. */
function refsOf({ tenant }: TenantIds): string[] {
  return [tenant.replace('agent:', ''), tenant, agentRef(tenant)]
}

function personOf(platformUserId: string, chatId: string) {
  return { platformUserId, chatId, username: 'thief', displayName: 'Thief', languageHint: 'en' }
}

const pairs = [
  ['red', 'blue'],
  ['blue', 'red'],
  ['red', 'master'],
  ['master', 'red'],
] as const

describe.each(['with', 'without'] as const)('%s row-level security', (security) => {
  let tenants: ThreeTenants
  let door: Door

  beforeAll(async () => {
    tenants = await openThreeTenants()
    if (security === 'without') await tenants.db.database.query('revoke insert on customer from botfleet_gateway')
    // Says under which role its rows are written.
    await tenants.db.database.query('alter table handled_update add column written_as text default current_user')
    door = await openDoor(tenants.db, tenants.keyring)
  })
  afterAll(async () => {
    await door.close()
    await tenants.db.drop()
  })

  test('is how the gateway writes', async () => {
    const person = personOf('1', '1')
    await door.ask(tenants.red, 'arrive', { updateKey: 'tg:role', nonce: null, person })
    const { rows } = await tenants.db.database.query<{ is: boolean }>(
      `select written_as = 'botfleet_gateway' as is from handled_update where key = 'tg:role'`,
    )
    expect(rows).toEqual([{ is: security === 'with' }])
    expect(door.logged.some((line) => line.includes('no row-level security'))).toBe(security === 'without')
  })

  let updates = 0
  /** The same words from each of the others' people, in their own chats, and under the key of their own update. */
  function* bodiesOf(call: GatewayCallName, theirs: TenantIds): Generator<object> {
    for (const person of theirs.people) {
      const once: Once = (more = {}) => {
        updates += 1
        return { updateKey: `tg:${updates}`, nonce: null, person: personOf(person, theirs.chat), ...more }
      }
      for (const body of attempts[call](theirs, once)) {
        yield body
        if ('person' in body && 'updateKey' in body) yield { ...body, updateKey: theirs.updateKey }
      }
    }
  }

  test.for(
    pairs.flatMap(([mine, theirs]) =>
      (Object.keys(gatewayCalls) as GatewayCallName[]).map((call) => ({ mine, theirs, call })),
    ),
  )('$call of $mine reads and changes nothing of $theirs', async ({ mine, theirs, call }) => {
    const before = await rowsOf(tenants.db.database, tenants[theirs].tenant)
    for (const body of bodiesOf(call, tenants[theirs])) {
      const { status, text } = await door.ask(tenants[mine], call, body)
      expect(status, `${text} for ${JSON.stringify(body)}: ${door.logged.at(-1)}`).toBe(200)
      for (const said of [text, ...decoded(text)]) expect(said).not.toContain(tenants[theirs].canary)
    }
    expect(await rowsOf(tenants.db.database, tenants[theirs].tenant)).toEqual(before)
  })
})

/** Files and pictures of an answer. */
function decoded(text: string): string[] {
  return [...text.matchAll(/"(?:base64|content)":"([^"]+)"/g)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64').toString('utf8'),
  )
}
