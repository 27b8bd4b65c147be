import { expireDue } from '../services/expire-due.ts'
import { showInstance } from '../services/show-instance.ts'
import type { WaitOptions } from './change-instance.ts'
import type { Cli } from './command.ts'
import { withContext } from './context.ts'
import { hintWithoutServer } from './hint-without-server.ts'
import { waitForState } from './wait.ts'

/** `expire --due`: flips every instance whose time has run out; with `--wait` until the last of them has stopped. */
export async function expireAllDue(cli: Cli, options: WaitOptions): Promise<void> {
  await withContext(cli, async (context) => {
    const { ids } = await context.run(expireDue, {})
    if (!cli.output.json) cli.output.data(ids.length === 0 ? 'No subscription is due.' : ids.join('\n'))
    const deadline = performance.now() + options.timeout * 1000
    for (const id of options.wait === true ? ids : []) {
      const look = () => context.run(showInstance, { id })
      const after = await look()
      if (after.state !== 'stopped') await hintWithoutServer(cli, context, [after])
      const timeoutMs = Math.max(0, deadline - performance.now())
      await waitForState({ cli, goal: 'stopped', timeoutMs, before: after, after, look })
    }
    cli.output.result({ expired: ids }, () => '')
  })
}
