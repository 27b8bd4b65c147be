import type { Queryable } from '../../db/transaction.ts'
import type { Keyring } from '../../domain/keyring.ts'
import type { GatewayRequest } from '../../domain/worker-contract.ts'
import { type Fence, fencedCall } from '../fence.ts'
import { blindingOf, sealRow } from './sealing.ts'

/**
 * Writes a device's credentials, where some are given, and its keys, all or nothing. A key of null is removed; of several
 * of one id the last holds.
 */
export async function storeSession(
  database: Queryable,
  claim: Fence,
  keyring: Keyring,
  { creds, linked, keys }: GatewayRequest<'waStore'>,
): Promise<void> {
  const { instanceId } = claim
  const blind = await blindingOf(database, keyring, instanceId)
  const last = new Map(
    keys.map(({ type, id, value }) => {
      const blinded = blind('key', type, id)
      const row = blinded.toString('hex')
      const box = value === null ? null : sealRow(keyring, { table: 'whatsapp_key', instanceId, row }, value)
      return [row, { blinded, box }]
    }),
  )
  const all = [...last.values()]
  const kept = all.flatMap(({ blinded, box }) => (box === null ? [] : [{ blinded, box }]))
  const session = { table: 'whatsapp_session', instanceId, row: '' } as const
  await fencedCall(database, 'whatsapp_store', claim, [
    keyring.activeKeyId,
    creds === null ? null : sealRow(keyring, session, creds),
    linked,
    all.flatMap(({ blinded, box }) => (box === null ? [blinded] : [])),
    kept.map(({ blinded }) => blinded),
    kept.map(({ box }) => box),
  ])
}
