import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TopUpView } from '../../domain/top-up.ts'
import type { WithdrawalView } from '../../domain/withdrawal.ts'
import { createUser } from '../../services/create-user.ts'
import { addCustomer, address, agent, earn, machine, txid, usdt } from '../services/money/money-fixture.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { callCli, makeHome } from './support/run-cli.ts'

const password = 'quiet-lamp-orbit-77'
const place = makeHome()
const passwordFile = join(place.folder, 'password')
let test_: TestDatabase
let customer: string
beforeAll(async () => {
  test_ = await createTestDatabase()
  customer = await addCustomer(test_.database)
  await earn(test_.database, usdt(700))
  for (const username of ['ann', 'bob']) {
    await test_.database.transaction((tx) =>
      createUser(tx, machine, { username, password, role: 'admin', tenant: null }),
    )
  }
  writeFileSync(passwordFile, password)
})
afterAll(async () => {
  await test_.drop()
  place.remove()
})

async function cli(...parameters: string[]) {
  const env = { BOTFLEET_HOME: place.home, DATABASE_URL: test_.url, COLUMNS: '80' }
  const { code, stdout, stderr } = await callCli(parameters, { env, cwd: place.folder })
  const json = parameters.includes('--json') ? (JSON.parse(stdout) as unknown) : undefined
  return { code, stdout, stderr, json }
}
async function money<View>(...parameters: string[]): Promise<View> {
  const run = await cli(...parameters, '--json')
  expect(run.code, run.stderr).toBe(0)
  return run.json as View
}
const request = (amount: string, ...more: string[]) =>
  ['withdrawal', 'request', '--tenant', agent, '--amount', amount, '--address', address].concat(more)

test('a withdrawal goes its way by commands alone', { timeout: 60_000 }, async () => {
  const asked = await money<WithdrawalView>(...request('50', '--key', 'k1'))
  expect(asked).toMatchObject({ status: 'requested', amount: '50', fee: '1', net: '49', address })
  expect(await money<WithdrawalView>(...request('50', '--key', 'k1'))).toEqual(asked)
  expect(await money<WithdrawalView[]>('withdrawal', 'list', '--status', 'pending')).toEqual([asked])
  const pay = ['withdrawal', 'pay', asked.id, '--txid', txid('cli')]
  expect(await cli(...pay)).toMatchObject({ code: 5, stderr: expect.stringContaining('the withdrawal is requested') })
  expect(await money<WithdrawalView>('withdrawal', 'approve', asked.id)).toMatchObject({ status: 'approved' })
  expect(await cli('withdrawal', 'reject', asked.id, '--reason', 'x')).toMatchObject({ code: 5 })
  expect(await money<WithdrawalView>(...pay)).toMatchObject({ status: 'paid', txid: txid('cli') })
  expect(await money<WithdrawalView>(...pay)).toMatchObject({ status: 'paid' })
  expect(await money('withdrawal', 'stats')).toMatchObject([{ paid_out: '49', fees: '1' }])
  const shown = await cli('withdrawal', 'show', asked.id)
  expect(shown.stdout).toContain('50 USDT: 49 USDT to be paid, a fee of 1 USDT')
  const list = await cli('withdrawal', 'list')
  for (const line of list.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('what is refused says why, with the exit code of its kind', { timeout: 60_000 }, async () => {
  for (const [code, word, parameters] of [
    [2, 'below_minimum', request('5')],
    [2, 'wrong_address', request('50', '--address', `${address}1`)],
    [5, 'above_available', request('5000')],
    [3, 'not_found', ['withdrawal', 'show', 'aw_none']],
    [2, 'wrong_txid', ['withdrawal', 'pay', 'aw_none', '--txid', 'abc']],
    [3, 'not_found', ['topup', 'confirm', '999', '--reference', 'x']],
    [5, 'below_zero', ['customer', 'adjust', customer, '--down', '1', '--reason', 'x']],
  ] as const) {
    const run = await cli(...parameters, '--json')
    expect([parameters.join(' '), run.code]).toEqual([parameters.join(' '), code])
    expect(run.json).toMatchObject({ error: { details: { refusal: word } } })
  }
  for (const text of ['-5', '5,5', 'five', '1.0000001']) expect(await cli(...request(text))).toMatchObject({ code: 2 })
})

test('above the limit two users approve, by their passwords', { timeout: 60_000 }, async () => {
  const { id } = await money<WithdrawalView>(...request('600'))
  const approve = (...more: string[]) => cli('withdrawal', 'approve', id, ...more, '--json')
  const as = (username: string) => ['--as', username, '--password-file', passwordFile]
  expect(await approve()).toMatchObject({ code: 4, json: { error: { details: { refusal: 'person_unknown' } } } })
  expect(await approve(...as('nobody'))).toMatchObject({ code: 4 })
  expect(await approve(...as('ann'))).toMatchObject({ code: 0, json: { status: 'requested' } })
  expect(await approve(...as('ann'))).toMatchObject({ code: 0, json: { status: 'requested' } })
  expect(await approve(...as('bob'))).toMatchObject({
    code: 0,
    json: { status: 'approved', approvals: [{ by: 'user:ann' }, { by: 'user:bob' }] },
  })
  expect(await money<WithdrawalView>('withdrawal', 'reject', id, '--reason', 'wrong', '--force')).toMatchObject({
    status: 'rejected',
  })
  const sessions = await test_.database.query('select from user_session where revoked_at is null')
  expect(sessions.rowCount).toBe(0)
})

test('a request that nobody approved is cancelled', async () => {
  const { id } = await money<WithdrawalView>(...request('20'))
  expect(await money<WithdrawalView>('withdrawal', 'cancel', id)).toMatchObject({ status: 'cancelled' })
})

test('a top-up is asked for, confirmed once, and a balance adjusted', { timeout: 60_000 }, async () => {
  const asked = await money<TopUpView>('topup', 'request', customer, '--amount', '20')
  expect(asked).toMatchObject({ status: 'requested', amount: '20', customer })
  const id = String(asked.id)
  const confirm = ['topup', 'confirm', id, '--reference', 'bank 1', '--amount', '19.5']
  for (let n = 0; n < 2; n += 1) {
    expect(await money<TopUpView>(...confirm)).toMatchObject({ status: 'confirmed', credited: '19.5' })
  }
  expect(await money('topup', 'list', '--customer', customer)).toHaveLength(1)
  expect((await cli('topup', 'show', id)).stdout).toContain('manual: bank 1')
  expect(await cli('topup', 'reject', id, '--reason', 'x')).toMatchObject({ code: 5 })
  const key = randomUUID()
  const adjust = ['customer', 'adjust', customer, '--up', '0.5', '--reason', 'a gift', '--key', key]
  expect(await money(...adjust)).toMatchObject({ balance: '20', repeated: false })
  expect(await money(...adjust)).toMatchObject({ balance: '20', repeated: true })
  expect(await cli('customer', 'adjust', customer, '--up', '1', '--down', '1', '--reason', 'x')).toMatchObject({
    code: 2,
  })
})
