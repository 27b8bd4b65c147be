import type { Queryable } from '../../db/transaction.ts'
import { type Fence, fencedCall } from '../fence.ts'

/** The device was unlinked: its credentials and keys go together. That there is no session row says that it is unlinked. */
export async function forgetSession(database: Queryable, claim: Fence): Promise<void> {
  await fencedCall(database, 'whatsapp_forget', claim)
}
