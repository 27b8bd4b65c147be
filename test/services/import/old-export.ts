/** An export of the old system as mongoexport writes it, with obviously invented people, tokens and goods. */
import { createCipheriv, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type OldDocument = Record<string, unknown>

/** What mongoexport writes for an ObjectId. */
export function oid(number: number): { $oid: string } {
  return { $oid: number.toString(16).padStart(24, '0') }
}

export function date(iso: string): { $date: string } {
  return { $date: iso }
}

/** Keys of nobody: the bytes 0, 1, 2 ... and their reverse. */
export const oldKey = Buffer.from(Array.from({ length: 32 }, (_, at) => at))
export const otherKey = Buffer.from(oldKey).reverse()

export function fakeToken(bot: number): string {
  return `${7_000_000_000 + bot}:FAKE-token-of-nobody-${'x'.repeat(14)}`
}

/** As the old system's services.crypto has it: base64 of nonce, ciphertext and tag. */
export function sealAesGcm(token: string, key = oldKey): string {
  const nonce = Buffer.alloc(12, 7)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(token), cipher.final(), cipher.getAuthTag()]).toString('base64')
}

/** https://github.com/fernet/spec */
export function sealFernet(token: string, key = oldKey): string {
  const iv = Buffer.alloc(16, 9)
  const head = Buffer.alloc(9)
  head[0] = 0x80
  head.writeBigUInt64BE(1_700_000_000n, 1)
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv)
  const signed = Buffer.concat([head, iv, cipher.update(token), cipher.final()])
  const mac = createHmac('sha256', key.subarray(0, 16)).update(signed).digest()
  return Buffer.concat([signed, mac]).toString('base64url')
}

/** Writes collections as JSON lines into a new folder. */
export function writeExport(collections: Readonly<Record<string, readonly OldDocument[] | string>>): {
  folder: string
  remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'old-export-'))
  for (const [name, documents] of Object.entries(collections)) {
    const text =
      typeof documents === 'string' ? documents : documents.map((document) => `${JSON.stringify(document)}\n`).join('')
    writeFileSync(join(folder, name.includes('.') ? name : `${name}.json`), text)
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

const soldAt = '2025-01-20T10:00:00.000Z'

/**
 * A small shop with everything in it: the master's own customers, an agent with a ledger (seed 000), one that only counts
 * (seed 001), every state of stock, orders, profits, withdrawals and top-ups.
 */
export function smallShop(): Record<string, OldDocument[]> {
  return {
    agents: [
      {
        _id: oid(1),
        agent_id: 'agent001',
        name: 'First Agent',
        bot_token_encrypted: sealAesGcm(fakeToken(1)),
        status: 'active',
        pricing: { markup_type: 'percent', markup_value: 10 },
        payout: { wallet_address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb', min_withdrawal: 10 },
        owner_user_ids: [111_000_111, 111_000_112],
        created_at: date('2025-01-01T00:00:00Z'),
        updated_at: date('2025-01-02T00:00:00Z'),
      },
      {
        _id: oid(2),
        agent_id: 'agent_20250124_143022',
        token: sealFernet(fakeToken(2)),
        name: 'My Agent Bot',
        status: 'running',
        owner_user_id: { $numberLong: '123456789' },
        markup_usdt: '0.05',
        profit_available_usdt: '150.25',
        profit_frozen_usdt: '50.00',
        total_paid_usdt: '200.00',
        links: {
          support_link: '@mysupport',
          channel_link: 'https://t.me/mychannel',
          announcement_link: 'https://t.me/announcements',
          extra_links: [
            { title: 'Website', url: 'https://example.com' },
            { title: 'FAQ', url: 'https://example.com/faq' },
          ],
        },
        created_at: date('2025-01-24T14:30:22Z'),
      },
      { _id: oid(3), agent_id: 'paused-one', name: 'Paused', status: 'paused', token: fakeToken(3) },
      { _id: oid(4), agent_id: 'bad-one', name: 'Suspended', status: 'suspended', token: fakeToken(4) },
    ],
    users: [
      { _id: oid(10), user_id: 5001, username: 'ann', fullname: 'Ann', USDT: 12.5, lang: 'en', state: '1' },
      { _id: oid(11), user_id: 5002, USDT: { $numberDecimal: '0.000001' }, lang: 'zh', tenant: 'master' },
      { _id: oid(12), user_id: 5001, USDT: { $numberDouble: '890.0' }, tenant: 'agent:agent001' },
      { _id: oid(13), user_id: { $numberLong: '5003' }, USDT: '3', tenant: 'agent:agent_20250124_143022' },
      { _id: oid(14), user_id: 5004, USDT: 0, status: 'banned' },
    ],
    fenlei: [{ _id: oid(20), uid: 'c1', projectname: 'Accounts', row: 1 }],
    ejfl: [
      { _id: oid(21), uid: 'c1', nowuid: 'p1', projectname: 'Netflix', money: 100, row: 1 },
      { _id: oid(22), uid: 'c1', nowuid: 'ffeeddccbbaa998877665544', projectname: '美国号', money: 2.5, row: 2 },
    ],
    hb: [
      ...[0, '0', 'available'].map((state, at) => ({
        _id: oid(100 + at),
        nowuid: 'p1',
        projectname: `login-${at}`,
        state,
      })),
      { _id: oid(110), nowuid: 'p1', projectname: 'sold-1', state: 1, gmid: 5001, yssj: '2025-01-20 18:30:00' },
      { _id: oid(111), nowuid: 'p1', projectname: 'sold-2', state: 'sold', order_id: 'A1' },
      { _id: oid(112), nowuid: 'p1', projectname: 'sold-nobody-knows-to-whom', state: '1' },
      { _id: oid(113), nowuid: 'p1', projectname: 'reserved-1', state: 2 },
      {
        _id: oid(114),
        nowuid: 'ffeeddccbbaa998877665544',
        projectname: '+1555000',
        state: 0,
        timer: '2025-01-01 08:00:00',
      },
      { _id: oid(115), nowuid: 'p1', projectname: 'login-0', state: 0 },
      { _id: oid(116), nowuid: 'p1', projectname: 'refunded-1', state: 1, order_id: 'A4' },
    ],
    gmjlu: [
      {
        _id: oid(200),
        bianhao: 'M1',
        user_id: 5001,
        projectname: 'Netflix',
        count: 1,
        timer: '2025-01-20 18:30:01',
        text: 'secret goods',
      },
      ...['A1', 'A2', 'A3', 'A4'].map((bianhao, at) => ({
        _id: oid(201 + at),
        bianhao,
        user_id: 5001,
        tenant: 'agent:agent001',
        sold_by: { type: 'agent', agent_id: 'agent001' },
        nowuid: 'p1',
        projectname: 'Netflix',
        base_price: 100,
        agent_price: 110,
        markup_value: 10,
        count: 1,
        time: date(soldAt),
      })),
      {
        _id: oid(206),
        bianhao: 'B1',
        user_id: 5003,
        tenant: 'agent:agent_20250124_143022',
        projectname: 'Old thing',
        count: 2,
        total: 0.3,
        time: date(soldAt),
      },
      {
        _id: oid(207),
        bianhao: 'M2',
        user_id: 5002,
        projectname: 'Netflix',
        qty: 3,
        price: '4',
        total: 11,
        status: 'completed',
        time: date(soldAt),
      },
      {
        _id: oid(208),
        bianhao: 'M3',
        user_id: 5002,
        projectname: 'Netflix',
        price: '4',
        status: 'cancelled',
        time: date(soldAt),
      },
    ],
    agent_ledger: [
      ledgerEntry(300, 'A1', 'pending', { mature_at: date('2099-01-01T00:00:00Z') }),
      ledgerEntry(301, 'A2', 'matured', { matured_at: date('2025-01-22T10:00:00Z') }),
      ledgerEntry(302, 'A3', 'withdrawn', { withdrawn_at: date('2025-01-25T10:00:00Z') }),
      ledgerEntry(303, 'A4', 'reverted', {}),
    ],
    agent_withdrawals: [
      {
        _id: oid(400),
        agent_id: 'agent001',
        amount: 10,
        wallet_address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
        status: 'paid',
        requested_at: date('2025-01-23T00:00:00Z'),
        approved_at: date('2025-01-24T00:00:00Z'),
        paid_at: date('2025-01-25T00:00:00Z'),
        txid: '0xpaid1',
      },
      {
        _id: oid(401),
        agent_id: 'agent001',
        amount: 4,
        wallet_address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
        status: 'requested',
        requested_at: date('2025-01-26T00:00:00Z'),
      },
      {
        _id: oid(402),
        agent_id: 'agent001',
        amount: 99,
        wallet_address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
        status: 'rejected',
        requested_at: date('2025-01-26T00:00:00Z'),
        admin_note: 'too much',
      },
      {
        _id: oid(403),
        request_id: 'aw_20250124_143022_abc123',
        agent_id: 'agent_20250124_143022',
        owner_user_id: 123456789,
        amount_usdt: '50.00',
        fee_usdt: '1',
        address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
        status: 'pending',
        created_at: date('2025-01-24T14:30:22Z'),
      },
      {
        _id: oid(404),
        request_id: 'aw_20250125_000000_abc124',
        agent_id: 'agent_20250124_143022',
        amount_usdt: '150.00',
        fee_usdt: '1',
        address: 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
        status: 'paid',
        created_at: date('2025-01-25T00:00:00Z'),
        reviewed_at: date('2025-01-25T01:00:00Z'),
        reviewed_by: 987654321,
        paid_at: date('2025-01-25T02:00:00Z'),
        paid_by: 987654321,
        txid: '0xpaid2',
      },
    ],
    topup: [
      {
        _id: oid(500),
        bianhao: 'T1',
        user_id: 5001,
        money: 20.5,
        status: 'completed',
        time: date('2025-01-19T00:00:00Z'),
        txid: 'tx-1',
      },
      { _id: oid(501), bianhao: 'T2', user_id: 5001, money: 7, status: 'pending', time: date('2025-01-19T00:00:00Z') },
      {
        _id: oid(502),
        bianhao: 'T3',
        user_id: 5002,
        money: 7,
        status: 'pending',
        time: date('2025-01-19T00:00:00Z'),
        expires_at: date('2099-01-01T00:00:00Z'),
      },
      { _id: oid(503), bianhao: 'T4', user_id: 5002, money: 8, status: 'rejected', time: date('2025-01-19T00:00:00Z') },
      { _id: oid(504), bianhao: 'T5', user_id: 5009, money: 9, status: 'expired', time: date('2025-01-19T00:00:00Z') },
    ],
  }
}

function ledgerEntry(id: number, order: string, status: string, more: OldDocument): OldDocument {
  return {
    _id: oid(id),
    agent_id: 'agent001',
    order_id: order,
    type: 'sale',
    status,
    base_price: 100,
    agent_price: 110,
    markup_per_item: 10,
    qty: 1,
    profit: 10,
    created_at: date(soldAt),
    mature_at: date('2025-01-22T10:00:00Z'),
    ...more,
  }
}
