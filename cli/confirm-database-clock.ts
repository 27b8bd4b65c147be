import { clockJumpMaxMs } from '../domain/expiry-pause.ts'
import { Failure } from '../domain/failure.ts'
import { confirmClock } from '../services/confirm-clock.ts'
import { readExpiryPause } from '../services/read-expiry-pause.ts'
import type { Cli } from './command.ts'
import { withContext } from './context.ts'
import { renderConfirmed } from './render-clock.ts'

/**
 * `server confirm-clock`: ends the pause of expiry. A database whose clock still differs from this host's by more than
 * 5 minutes is confirmed only with `--yes`, since most likely nobody has set it right yet.
 */
export async function confirmDatabaseClock(cli: Cli, options: { yes?: boolean }): Promise<void> {
  await withContext(cli, async (context) => {
    const { pause, clockMs } = await context.run(readExpiryPause, {})
    if (pause !== null && options.yes !== true && Math.abs(clockMs - Date.now()) > clockJumpMaxMs) {
      throw new Failure(
        'conflict',
        `the database's clock says ${new Date(clockMs).toISOString()}, this host's ${new Date().toISOString()}: set the wrong one right first, or give --yes if the database's is the right one`,
      )
    }
    const confirmed = await context.run(confirmClock, {})
    cli.output.result(confirmed, () => renderConfirmed(confirmed))
  })
}
