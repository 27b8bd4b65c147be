import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '../../../db/transaction.ts'
import type { Failure } from '../../../domain/failure.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { date, fakeToken, type OldDocument, oid, otherKey, sealAesGcm, sealFernet, smallShop } from './old-export.ts'
import { importOld, misfitsOf, type RunImport } from './run-import.ts'
import { contentsOf } from './state-of.ts'

let place: TestDatabase
beforeAll(async () => {
  place = await createTestDatabase()
})
afterAll(() => place.drop())

/** The small shop with other documents in one collection. */
function shopWith(
  collection: string,
  documents: readonly OldDocument[] | string,
): Record<string, readonly OldDocument[] | string> {
  return { ...smallShop(), [collection]: documents }
}

/** The small shop with one of its documents changed. */
function changed(collection: string, at: number, more: OldDocument): Record<string, readonly OldDocument[] | string> {
  const documents = smallShop()[collection] ?? []
  return shopWith(
    collection,
    documents.map((document, index) => (index === at ? { ...document, ...more } : document)),
  )
}

/** What does not fit, having seen that nothing was changed. */
async function refused(
  collections: Readonly<Record<string, readonly OldDocument[] | string>>,
  options: RunImport = {},
): Promise<string[]> {
  const before = await contentsOf(place.database)
  const rows = await misfitsOf(importOld(place.url, collections, options))
  expect(await contentsOf(place.database)).toEqual(before)
  return rows
}

test('every row that does not fit is named with its file and line, and why', async () => {
  const lines = [
    '{"_id":{"$oid":"0a"},"user_id":1,"USDT":1}',
    '{"_id":{"$oid":"0b"},"user_id":',
    'not json at all, with a SECRET',
    '{"_id":{"$oid":"0c"},"USDT":1}',
    '{"_id":{"$oid":"0d"},"user_id":4,"USDT":"much"}',
    '{"_id":{"$oid":"0e"},"user_id":5,"USDT":-0.5}',
    '{"_id":{"$oid":"0f"},"user_id":"abc"}',
    '{"_id":{"$oid":"10"},"user_id":7,"tenant":"agent:Not Good"}',
    '{"_id":{"$oid":"11"},"user_id":8,"USDT":0.0000001}',
    '[7]',
  ]
  const rows = await refused({ users: lines.join('\n') })
  expect(rows).toEqual([
    expect.stringMatching(/^users.json:2: it is cut short, or no JSON/),
    expect.stringMatching(/^users.json:3: it is cut short, or no JSON/),
    'users.json:4: it has no user_id',
    expect.stringMatching(/^users.json:5: its USDT is "much", which is no amount/),
    expect.stringMatching(/^users.json:6: its balance is -0.5: a customer cannot owe/),
    'users.json:7: its user_id is no user id of Telegram',
    expect.stringMatching(/^users.json:8: "agent:Not Good" cannot be a tenant/),
    expect.stringMatching(/^users.json:9: its USDT is "0.0000001": USDT has 6 digits behind the point; --round/),
    'users.json:10: it is no JSON object',
  ])
  expect(rows.join()).not.toContain('SECRET')
})

test.each<[string, Record<string, readonly OldDocument[] | string>, RegExp]>([
  ['an unknown state of stock', changed('hb', 0, { state: 'lost' }), /^hb.json:1: its state is "lost": one of 0, 1/],
  ['stock without goods', changed('hb', 0, { projectname: '' }), /^hb.json:1: it has no goods/],
  [
    'goods that were files',
    changed('hb', 0, { leixing: '协议号' }),
    /^hb.json:1: its goods are files of the old server/,
  ],
  [
    'an agent that is not there',
    changed('users', 0, { tenant: 'agent:nobody' }),
    /^users.json:1: its agent nobody is not among the agents/,
  ],
  [
    'a tenant and an agent that differ',
    changed('gmjlu', 1, { tenant: 'master' }),
    /^gmjlu.json:2: it belongs to master and to agent:agent001/,
  ],
  [
    'the same document twice',
    changed('users', 1, { _id: oid(10), user_id: 9 }),
    /^users.json:2: it has the same _id as line 1/,
  ],
  [
    'the same user twice',
    changed('users', 1, { user_id: 5001 }),
    /^users.json:2: its user_id 5001 of master stands in line 1, too/,
  ],
  [
    'the same order number twice',
    changed('gmjlu', 6, { bianhao: 'M1' }),
    /^gmjlu.json:7: its bianhao M1 stands in line 1, too/,
  ],
  [
    'an order of too many',
    changed('gmjlu', 0, { count: 1001 }),
    /^gmjlu.json:1: its count is "1001": a whole number from 1 to 1000/,
  ],
  [
    'an order that costs more than its price',
    changed('gmjlu', 6, { total: 13 }),
    /^gmjlu.json:7: its total 13 is more than 3 times its price 4/,
  ],
  ['an order without a time', changed('gmjlu', 0, { timer: null, _id: 'x' }), /^gmjlu.json:1: it has no time/],
  [
    'a markup that the ledger contradicts',
    changed('gmjlu', 1, { agent_price: 120 }),
    /^gmjlu.json:2: its markup is 20 a unit, but its profit in agent_ledger is 10/,
  ],
  [
    'a profit without its order',
    changed('agent_ledger', 0, { order_id: 'A9' }),
    /^agent_ledger.json:1: its order A9 is not among the orders/,
  ],
  [
    'two profits of one order',
    changed('agent_ledger', 0, { order_id: 'A2' }),
    /^agent_ledger.json:2: its order A2 has another profit/,
  ],
  [
    'more taken back than earned',
    shopWith('agent_ledger', [
      ...(smallShop()['agent_ledger'] ?? []),
      { ...smallShop()['agent_ledger']?.[1], _id: oid(310), type: 'refund', status: 'reverted', profit: -11 },
    ]),
    /^agent_ledger.json:5: more than the profit of order A2 is taken back/,
  ],
  [
    'an unknown state of a profit',
    changed('agent_ledger', 0, { status: 'ripe' }),
    /^agent_ledger.json:1: its status is "ripe"/,
  ],
  [
    'a fee that leaves nothing',
    changed('agent_withdrawals', 3, { fee_usdt: '50' }),
    /^agent_withdrawals.json:4: its amount is 50 and its fee 50/,
  ],
  [
    'a txid that paid twice',
    changed('agent_withdrawals', 4, { txid: '0xpaid1' }),
    /^agent_withdrawals.json:5: its txid 0xpaid1 stands in line 1, too/,
  ],
  [
    'a payment that was credited twice',
    changed('topup', 4, { status: 'completed', txid: 'tx-1' }),
    /^topup.json:5: its txid tx-1 stands in line 1, too/,
  ],
  ['a top-up without a state', changed('topup', 0, { status: null }), /^topup.json:1: it has no status/],
  [
    'two different markups',
    changed('agents', 0, { markup_usdt: '3' }),
    /^agents.json:1: its pricing and its markup_usdt are two different markups/,
  ],
  [
    'the same bot of two agents',
    changed('agents', 2, { token: fakeToken(1) }),
    /^agents.json:3: the Telegram bot 7000000001 is registered already/,
  ],
])('%s is refused', async (_what, collections, reason) => {
  const rows = await refused(collections)
  expect(rows).toEqual([expect.stringMatching(reason)])
})

test.each([
  [
    'frozen without a request',
    { profit_frozen_usdt: '51.00' },
    /profit_frozen_usdt is 51, but its open withdrawals come to 50/,
  ],
  [
    'less paid than was paid',
    { total_paid_usdt: '149' },
    /total_paid_usdt is 149, but its paid withdrawals come to 150/,
  ],
])('sums that contradict one another are refused: %s', async (_what, more, reason) => {
  expect(await refused(changed('agents', 1, more))).toEqual([expect.stringMatching(reason)])
})

test('withdrawals of more than was earned are refused, and so are counters that the ledger contradicts', async () => {
  expect(await refused(changed('agent_withdrawals', 1, { amount: 14 }))).toEqual([
    'agents.json:1: agent:agent001: its matured profits come to 20, but its withdrawals to 24',
  ])
  expect(await refused(changed('agents', 0, { profit_available_usdt: '6.5', total_paid_usdt: '10' }))).toEqual([
    expect.stringMatching(
      /counts 6.5 available, 0 frozen and 10 paid, but agent_ledger and its withdrawals come to 6, 4 and 10/,
    ),
  ])
})

test('tokens that the key does not open are refused, each by its row, without a word of them', async () => {
  const rows = await refused(smallShop(), { oldKeys: [otherKey] })
  expect(rows).toEqual([
    expect.stringMatching(/^agents.json:1: its token does not open with any key of --old-key-file/),
    expect.stringMatching(/^agents.json:2: its token does not open/),
  ])
  expect(await refused(smallShop(), { oldKeys: [] })).toEqual([
    expect.stringMatching(
      /^agents.json:1: its token is encrypted: give the AGENT_TOKEN_AES_KEY of the old system by --old-key-file/,
    ),
    expect.stringMatching(/^agents.json:2: its token is encrypted/),
  ])
  for (const box of [sealAesGcm('no token'), sealFernet('no token')]) {
    expect(await refused(changed('agents', 0, { bot_token_encrypted: box }))).toEqual([
      'agents.json:1: what its token opens to is no token of Telegram',
    ])
  }
})

test('more goods than an order sold are refused', async () => {
  const more = { _id: oid(120), nowuid: 'p1', projectname: 'sold-3', state: 1, order_id: 'A1' }
  expect(await refused(shopWith('hb', [...(smallShop()['hb'] ?? []), more]))).toEqual([
    'hb.json:5: its order A1 has a quantity of 1, but 2 units name it',
  ])
})

/** Something goes wrong between the files and the tables. */
const sabotages: readonly (readonly [string, string])[] = [
  [
    'a unit of stock that is lost',
    `create function lose() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger lose before insert on stock_unit for each row when (new.state = 'available') execute function lose()`,
  ],
  [
    'an order of another amount',
    `create function alter_it() returns trigger language plpgsql as
    $$ begin new.base_price := new.base_price + 1; new.unit_price := new.unit_price + 1; new.total := new.total + new.quantity; return new; end $$;
    create trigger alter_it before insert on customer_order for each row when (new.total > 0) execute function alter_it()`,
  ],
  [
    'a payment of another amount',
    `create function alter_it() returns trigger language plpgsql as
    $$ begin new.amount := new.amount + 1; return new; end $$;
    create trigger alter_it before insert on payment for each row execute function alter_it()`,
  ],
  [
    'a withdrawal that is lost',
    `create function lose() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger lose before insert on withdrawal for each row when (new.state = 'rejected') execute function lose()`,
  ],
  [
    'a transfer that goes elsewhere',
    `create function alter_it() returns trigger language plpgsql as
    $$ begin new.amount := new.amount + 1; return new; end $$;
    create trigger alter_it before insert on transfer for each row execute function alter_it()`,
  ],
  [
    'a profit of another amount',
    `create function alter_it() returns trigger language plpgsql as
    $$ begin new.amount := new.amount + 1; return new; end $$;
    create trigger alter_it before insert on agent_profit for each row when (new.state = 'matured') execute function alter_it()`,
  ],
]

test.each(sabotages)('a sum that differs from the source is refused: %s', async (_what, statement) => {
  const before = await contentsOf(place.database)
  const work = importOld(place.url, smallShop(), {
    before: async (tx: Tx) => {
      for (const part of statement.split('\n    create trigger')) {
        await tx.query(part.startsWith('create function') ? part : `create trigger${part}`)
      }
    },
  })
  const failure = await work.then(
    () => undefined,
    (error: Failure) => error,
  )
  expect(failure).toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/sums of the import differ from the source; nothing was changed/),
  })
  const { sums = [] } = (failure?.details ?? {}) as { sums?: { source: unknown; imported: unknown }[] }
  expect(sums.length).toBeGreaterThan(0)
  for (const { source, imported } of sums) expect(source).not.toEqual(imported)
  expect(await contentsOf(place.database)).toEqual(before)
})

test('a second import at the same time is refused', async () => {
  await place.database.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('botfleet import', 0))`)
    await expect(importOld(place.url, smallShop(), { dryRun: true })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another import is running'),
    })
  })
})

test('a time without a zone is UTC and counted; dates of every kind are read', async () => {
  const { notes } = await importOld(
    place.url,
    {
      users: [
        { _id: oid(1), user_id: 1, creation_time: '2024-01-02 03:04:05', last_contact_time: 1704164645 },
        { _id: oid(2), user_id: 2, creation_time: date('2024-01-02T03:04:05.678Z') },
      ],
    },
    { dryRun: true },
  )
  expect(notes.find(({ about }) => about === 'zones')?.count).toBe(1)
})
