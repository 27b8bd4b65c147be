import type { Tx } from '../db/transaction.ts'
import { describePause } from '../domain/expiry-pause.ts'
import { Failure } from '../domain/failure.ts'
import { type ExpiryPauseRow, expiryPauseColumns, expiryPauseOf } from './read-expiry-pause.ts'

/** Refuses a command that would count a subscription from a clock that nobody has confirmed yet. */
export async function refuseWhilePaused(tx: Tx, command: 'approve' | 'renew'): Promise<void> {
  const { rows } = await tx.query<ExpiryPauseRow>(
    `select ${expiryPauseColumns} from expiry_pause where confirmed_at is null`,
  )
  const row = rows[0]
  if (row === undefined) return
  throw new Failure(
    'conflict',
    `${command} is not possible while expiry is paused: ${describePause(expiryPauseOf(row))}, and the end would be counted from it; ./botfleet server confirm-clock once the clock is right`,
    { details: { command, expiry_paused: true } },
  )
}
