/** Withdrawals: looked at, approved, rejected, paid (seed rows S0-076 to S0-079, S1-003 to S1-007, S1-097 to S1-099). */
import type { WithdrawalWords } from '../../../domain/room-result.ts'
import { withdrawalStateOf, withdrawalStates } from '../../../domain/withdrawal.ts'
import { moment } from '../amount.ts'
import { cancelChoice, plainly } from '../common.ts'
import { pressOf } from '../office/once.ts'
import { rows } from '../office/rows.ts'
import { office } from '../office/texts.ts'
import type { Listener, Route } from '../room.ts'
import { choice, type Screen } from '../screen.ts'
import type { Reply, Turn } from '../turn.ts'
import { declined, menuChoice, usage } from './declined.ts'
import { say } from './texts.ts'

const allStates = 'all'
const asksTxid = (id: string) => ({ ask: 'awaiting_withdraw_txid', args: [id] })
const asksReason = (id: string) => ({ ask: 'awaiting_withdraw_reason', args: [id] })

/** `/withdraw_list [STATUS]`, and the menu: `all` and no status are every one. */
export const listWithdrawals: Route = async (turn, [word = allStates, before]) => {
  const status = word === allStates ? null : withdrawalStateOf(word)
  if (status === undefined) return usage(turn, `/withdraw_list ${withdrawalStates.join('|')}`)
  const { result } = await turn.call('adminWithdrawals', { status, before: before ?? null })
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const { withdrawals, older } = result
  const state = status === null ? say(language, 'state_all') : office(language, `withdrawal_${status}`)
  const text =
    withdrawals.length === 0
      ? say(language, 'no_withdrawals', { state })
      : [say(language, 'withdrawals', { state }), ...withdrawals.map((each) => lineOf(turn, each))].join('\n\n')
  const filters = (['requested', 'approved', 'paid'] as const)
    .filter((each) => each !== status)
    .map((each) => choice(capital(office(language, `withdrawal_${each}`)), 'admin.withdrawals', each))
  const every = status === null ? [] : [choice(say(language, 'button_all'), 'admin.withdrawals', allStates)]
  const newest = before === undefined ? [] : [choice(office(language, 'button_newest'), 'admin.withdrawals', word)]
  const next = older === null ? [] : [choice(office(language, 'button_older'), 'admin.withdrawals', word, older)]
  const choices = rows(
    ...withdrawals.map(({ id, tenant, amount, currency }) => [
      choice(`${agentOf(tenant)}: ${amount} ${currency}, …${id.slice(-6)}`, 'admin.withdrawal', id),
    ]),
    [...newest, ...next],
    [...filters, ...every],
    [menuChoice(turn)],
  )
  return { screens: [{ text, choices, replaces: true }] }
}

export const showWithdrawal: Route = async (turn, [withdrawal]) => {
  if (withdrawal === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminWithdrawal', { withdrawal })
  if (result.kind !== 'done') return declined(turn, result)
  return { screens: [{ ...screenOf(turn, result.withdrawal), replaces: true }] }
}

/** `/withdraw_approve ID`, and the button. */
export const approve: Route = async (turn, [withdrawal, nonce]) => {
  if (withdrawal === undefined) return usage(turn, '/withdraw_approve aw_20250124_143022_abc123')
  const press = nonce === undefined ? null : pressOf(turn, `admin.approve:${withdrawal}`, nonce)
  const { result } = await turn.call('adminApprove', { withdrawal }, press)
  if (result.kind !== 'done') return declined(turn, result)
  const { approvals, approvals_needed: needed, status } = result.withdrawal
  const sentence =
    status === 'approved'
      ? say(turn.language, 'approved')
      : say(turn.language, 'approved_partly', { approvals, needed })
  return changed(turn, sentence, result.withdrawal)
}

/** `/withdraw_reject ID [REASON]` */
export const rejectByCommand: Route = async (turn, [withdrawal, ...reason]) => {
  if (withdrawal === undefined) return usage(turn, '/withdraw_reject aw_20250124_143022_abc123 wrong address')
  return reject(turn, withdrawal, { reason: reason.join(' ') || '-', press: null })
}

export const askReason: Route = async (turn, [withdrawal]) => {
  if (withdrawal === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminWithdrawal', { withdrawal })
  if (result.kind !== 'done') return declined(turn, result)
  const { language, nonce } = turn
  const { id } = result.withdrawal
  const without = choice(say(language, 'button_no_reason'), 'admin.reject', id, nonce)
  const text = say(language, 'ask_reason', { id })
  return {
    screens: [{ text, choices: [[without], [cancelChoice(language), menuChoice(turn)]] }],
    asks: asksReason(id),
  }
}

export const rejectWithoutReason: Route = async (turn, [withdrawal, nonce]) => {
  if (withdrawal === undefined || nonce === undefined) return plainly('stale')(turn, [])
  return reject(turn, withdrawal, { reason: '-', press: pressOf(turn, `admin.reject:${withdrawal}`, nonce) })
}

export const hearReason: Listener = (turn, reason, [withdrawal = '']) =>
  reject(turn, withdrawal, { reason, press: null })

/** `/withdraw_pay ID TXID` */
export const payByCommand: Route = async (turn, [withdrawal, txid]) => {
  if (withdrawal === undefined || txid === undefined) {
    return usage(turn, `/withdraw_pay aw_20250124_143022_abc123 ${'0123456789abcdef'.repeat(4)}`)
  }
  return pay(turn, withdrawal, txid)
}

export const askTxid: Route = async (turn, [withdrawal]) => {
  if (withdrawal === undefined) return plainly('stale')(turn, [])
  const { result } = await turn.call('adminWithdrawal', { withdrawal })
  if (result.kind !== 'done') return declined(turn, result)
  const { id, net, currency } = result.withdrawal
  const text = say(turn.language, 'ask_txid', { id, net, currency })
  return { screens: [{ text, choices: [[cancelChoice(turn.language), menuChoice(turn)]] }], asks: asksTxid(id) }
}

export const hearTxid: Listener = (turn, txid, [withdrawal = '']) => pay(turn, withdrawal, txid)

/** `/withdraw_stats` */
export const showStats: Route = async (turn) => {
  const { result } = await turn.call('adminWithdrawalStats', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const blocks = result.stats.map(({ currency, states, paid_out: out, fees }) =>
    [
      ...states.map(({ status, count, amount }) =>
        say(language, 'stats_line', { state: office(language, `withdrawal_${status}`), count, amount, currency }),
      ),
      say(language, 'stats_paid', { out, fees, currency }),
    ].join('\n'),
  )
  const text =
    blocks.length === 0
      ? say(language, 'no_withdrawals', { state: say(language, 'state_all') })
      : [say(language, 'stats'), ...blocks].join('\n\n')
  return { screens: [{ text, choices: [[menuChoice(turn)]], replaces: true }] }
}

async function reject(
  turn: Turn,
  withdrawal: string,
  { reason, press }: { reason: string; press: string | null },
): Promise<Reply> {
  const { result } = await turn.call('adminReject', { withdrawal, reason }, press)
  if (result.kind === 'refused' && result.trouble === 'no_reason') return declined(turn, result, asksReason(withdrawal))
  if (result.kind !== 'done') return declined(turn, result)
  const { amount, currency } = result.withdrawal
  return changed(turn, say(turn.language, 'rejected', { amount, currency }), result.withdrawal)
}

async function pay(turn: Turn, withdrawal: string, txid: string): Promise<Reply> {
  const { result } = await turn.call('adminPay', { withdrawal, txid })
  const again = result.kind === 'refused' && (result.trouble === 'wrong_txid' || result.trouble === 'txid_used')
  if (result.kind !== 'done') return declined(turn, result, again ? asksTxid(withdrawal) : undefined)
  return changed(turn, say(turn.language, 'paid'), result.withdrawal)
}

function changed(turn: Turn, sentence: string, withdrawal: WithdrawalWords): Reply {
  const screen = screenOf(turn, withdrawal)
  return { screens: [{ ...screen, text: `${sentence}\n\n${screen.text}` }], pokesOutbox: true }
}

function lineOf({ language }: Turn, { id, tenant, amount, currency, status }: WithdrawalWords): string {
  const state = office(language, `withdrawal_${status}`)
  return say(language, 'withdrawal_line', { id, agent: agentOf(tenant), amount, currency, state })
}

function screenOf(turn: Turn, given: WithdrawalWords): Screen {
  const { language, nonce } = turn
  const { id, status, reason, txid, approvals, approvals_needed: needed } = given
  const lines = [
    say(language, 'withdrawal', {
      id,
      agent: agentOf(given.tenant),
      amount: given.amount,
      currency: given.currency,
      fee: given.fee,
      net: given.net,
      address: given.address,
      date: moment(given.requested_at),
      state: office(language, `withdrawal_${status}`),
    }),
    ...(needed > 1 ? [say(language, 'approvals', { approvals, needed })] : []),
    ...(reason === null ? [] : [say(language, 'withdrawal_reason', { reason })]),
    ...(txid === null ? [] : [say(language, 'withdrawal_txid', { txid })]),
  ]
  const steps =
    status === 'requested'
      ? [
          choice(say(language, 'button_approve'), 'admin.approve', id, nonce),
          choice(say(language, 'button_reject'), 'admin.reason', id),
        ]
      : []
  const payment = status === 'approved' ? [choice(say(language, 'button_pay'), 'admin.txid', id)] : []
  return {
    text: lines.join('\n'),
    choices: rows(
      [...steps, ...payment],
      [choice(say(language, 'button_withdrawals'), 'admin.withdrawals', 'requested'), menuChoice(turn)],
    ),
  }
}

/** As a button begins. */
function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function agentOf(tenant: string): string {
  return tenant.replace(/^agent:/, '')
}
