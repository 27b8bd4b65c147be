import type { Named } from '../services/assert-known.ts'
import type { Context } from './context.ts'

/** Looks up what a command line names, as `services/assert-known.ts` does, which is loaded when it is first asked. */
export async function assertKnown(context: Context, named: Named): Promise<void> {
  const { assertKnown: look } = await import('../services/assert-known.ts')
  await context.run(look, named)
}
