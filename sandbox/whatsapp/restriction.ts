/** A restricted account: it may answer, and may not begin chats, until a time. The client calls this a timelock. */
import type { Account } from './account.ts'
import { deliver } from './deliver.ts'
import { makeId, resultOf, type Stanza, serverJid, stanza } from './stanza.ts'
import { linkedDevices } from './world.ts'

const operation = 'NotificationUserReachoutTimelockUpdate'

/** Restricts an account until a time (seconds since 1970), or lifts the restriction, and tells its companions. */
export function restrict(account: Account, until: number | undefined): void {
  account.restrictedUntil = until
  const data = { xwa2_notify_account_reachout_timelock: timelockOf(account) }
  const update = stanza('update', { op_name: operation }, Buffer.from(JSON.stringify({ data })))
  for (const device of linkedDevices(account)) {
    deliver(device, stanza('notification', { from: serverJid, type: 'mex', id: makeId() }, [update]))
  }
}

/** The answer to a companion that asks how its account stands. */
export function answerStanding(account: Account, query: Stanza): Stanza {
  const data = { xwa2_fetch_account_reachout_timelock: timelockOf(account) }
  return resultOf(query, [stanza('result', {}, Buffer.from(JSON.stringify({ data })))])
}

function timelockOf({ restrictedUntil: until }: Account): Record<string, unknown> {
  if (until === undefined) return { is_active: false }
  return { is_active: true, time_enforcement_ends: String(until), enforcement_type: 'WEB_COMPANION_ONLY' }
}
