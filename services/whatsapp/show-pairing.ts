import type { Queryable } from '../../db/transaction.ts'
import { type Actor, assertMay, may } from '../../domain/actor.ts'
import type { Keyring } from '../../domain/keyring.ts'
import { groupedCode, isOpen, type PairingMethod, type PairingStep, type PairingView } from '../../domain/pairing.ts'
import { instanceNotFound } from '../find-instance.ts'
import { readRow } from './sealing.ts'

interface Row {
  tenant_id: string
  phone_number: string | null
  linked_at: Date | null
  id: number | null
  method: PairingMethod | null
  step: PairingStep | null
  over: boolean | null
  requested_at: Date | null
  requested_by: string | null
  until: Date | null
  sealed: string | null
  issued_at: Date | null
  expires_at: Date | null
  refusal: number | null
  reason: string | null
  not_before: Date | null
}

/**
 * A bot's link and its last request to pair. The code itself is for who may pair, where a keyring is given, and while it
 * counts. Throws `not_found` for a bot that the actor may not see.
 */
export async function showPairing(
  database: Queryable,
  actor: Actor,
  input: { readonly id: string; readonly keyring?: Keyring },
): Promise<PairingView> {
  const { rows } = await database.query<Row>(
    `select i.tenant_id, i.phone_number, s.linked_at, p.id, p.method, p.step,
       p.until <= clock_timestamp() as over, p.requested_at, p.requested_by, p.until,
       case when p.until > clock_timestamp() and p.expires_at > clock_timestamp() then p.sealed end as sealed,
       p.issued_at, p.expires_at, p.refusal, p.reason,
       case when p.not_before > clock_timestamp() then p.not_before end as not_before
     from instance i
     left join whatsapp_session s on s.instance_id = i.id
     left join lateral (
       select * from pairing where instance_id = i.id order by id desc limit 1
     ) p on true
     where i.id = $1`,
    [input.id],
  )
  const row = rows[0]
  if (row === undefined || (actor.role === 'agent' && row.tenant_id !== actor.tenant)) throw instanceNotFound(input.id)
  assertMay(actor, 'instance.read', row.tenant_id)
  const keyring = may(actor, 'instance.pair', row.tenant_id) ? input.keyring : undefined
  return viewOf(input.id, row, keyring)
}

function viewOf(id: string, row: Row, keyring: Keyring | undefined): PairingView {
  const box = { table: 'pairing', instanceId: id, row: String(row.id) } as const
  const text = row.sealed === null || keyring === undefined ? null : readRow(keyring, box, row.sealed)
  const timeOf = (time: Date | null): string | null => time?.toISOString() ?? null
  return {
    instance: id,
    phone_number: row.phone_number,
    linked: row.linked_at !== null,
    linked_at: timeOf(row.linked_at),
    step: stepOf(row),
    method: row.method,
    requested_at: timeOf(row.requested_at),
    requested_by: row.requested_by,
    until: timeOf(row.until),
    code: text === null || row.method !== 'code' ? null : groupedCode(text),
    qr: row.method === 'qr' ? text : null,
    issued_at: timeOf(row.issued_at),
    expires_at: timeOf(row.expires_at),
    reason: row.reason,
    refusal: row.refusal,
    retry_at: timeOf(row.not_before),
  }
}

/** A request whose time is over has expired, also while no server runs that would write it down. */
function stepOf({ step, over }: Row): PairingView['step'] {
  if (step === null) return 'none'
  return over === true && isOpen(step) ? 'expired' : step
}
