import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import { Failure } from '../../domain/failure.ts'
import type { Keyring } from '../../domain/keyring.ts'
import {
  judgeRequest,
  type PairingHistory,
  type PairingMethod,
  type PairingView,
  pairingLastsMs,
  requestsPerHourMax,
} from '../../domain/pairing.ts'
import { refuseTransition } from '../../domain/subscription.ts'
import { auditInstance } from '../audit-instance.ts'
import { type LockedInstance, lockInstance } from '../find-instance.ts'
import { refuseWhileAgentPaused } from '../tenant-is-paused.ts'
import { showPairing } from './show-pairing.ts'

export interface RequestPairing {
  readonly id: string
  readonly method: PairingMethod
  readonly keyring: Keyring
  /** A new code, though one is open: that one does not count any more. */
  readonly again?: boolean
  /** Drops what is kept of a device that is linked already: it links anew. */
  readonly newDevice?: boolean
}

/**
 * Asks for a WhatsApp bot to be linked to its phone. One that nobody has approved, or that is stopped, gets a worker that
 * only pairs, for 3 minutes at most; one that should run gets a new worker that knows of the request. An open request of
 * the same method is followed and not made again. Throws `usage` for another platform, `conflict` for what is linked
 * already, `too_many_attempts` with `retryAfterSeconds` when it was asked too often.
 */
export async function requestPairing(tx: Tx, actor: Actor, input: RequestPairing): Promise<PairingView> {
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.pair', command: 'pair' })
  if (instance.platform !== 'whatsapp') {
    throw new Failure('usage', `${input.id} is a Telegram bot: only a WhatsApp bot is linked to a phone`)
  }
  if (instance.status === 'approved' && (instance.expires_in_ms ?? 0) <= 0) {
    throw refuseTransition('pair', input.id, 'expired')
  }
  await refuseWhileAgentPaused(tx, instance, 'pair')
  if (input.newDevice === true) await forgetDevice(tx, instance)
  await refuseLinked(tx, input.id)
  await tx.query(
    `update pairing set step = 'expired' where instance_id = $1 and is_open_step(step) and until <= clock_timestamp()`,
    [input.id],
  )
  const verdict = judgeRequest(await readHistory(tx, input.id), { method: input.method, again: input.again === true })
  if (verdict.kind === 'wait') throw refuseOften(input.id, verdict)
  if (verdict.kind === 'ask') await ask(tx, actor, instance, input)
  return showPairing(tx, actor, input)
}

async function ask(tx: Tx, actor: Actor, instance: LockedInstance, input: RequestPairing): Promise<void> {
  await tx.query(`update pairing set step = 'replaced' where instance_id = $1 and is_open_step(step)`, [input.id])
  const { rows } = await tx.query<{ id: number }>(
    `insert into pairing (instance_id, method, requested_by, until)
     values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond') returning id`,
    [input.id, input.method, actor.name, pairingLastsMs],
  )
  // The worker that runs does not know of it, and the one that rests waits for a person: both are started anew.
  await tx.query(
    `update instance set restart_requested = restart_requested + 1,
       desired = case when status = 'approved' and desired = 'running' then desired else 'pairing' end
     where id = $1`,
    [input.id],
  )
  await auditInstance(tx, actor, instance, 'pair', {
    method: input.method,
    request: rows[0]?.id,
    new_device: input.newDevice === true,
  })
}

async function readHistory(tx: Tx, id: string): Promise<PairingHistory> {
  const { rows } = await tx.query<{ method: PairingMethod; open: boolean; age_ms: number; cool_ms: number | null }>(
    `select method, is_open_step(step) as open,
       (extract(epoch from clock_timestamp() - requested_at) * 1000)::double precision as age_ms,
       (extract(epoch from not_before - clock_timestamp()) * 1000)::double precision as cool_ms
     from pairing where instance_id = $1 and (requested_at > clock_timestamp() - interval '1 hour'
       or not_before > clock_timestamp())
     order by id desc`,
    [id],
  )
  return {
    open: rows.find(({ open }) => open) ?? null,
    // A clock that went back makes none of them younger than now.
    agesMs: rows.map((row) => Math.max(0, row.age_ms)),
    coolDownLeftMs: Math.max(0, ...rows.map((row) => row.cool_ms ?? 0)),
  }
}

function refuseOften(id: string, verdict: { because: 'too_often' | 'cool_down'; retryInMs: number }): Failure {
  const retryAfterSeconds = Math.ceil(verdict.retryInMs / 1000)
  const minutes = Math.ceil(retryAfterSeconds / 60)
  const reason =
    verdict.because === 'cool_down'
      ? 'WhatsApp said that this number asked for codes too often'
      : `${requestsPerHourMax} codes an hour are asked for a bot at most, since WhatsApp blocks numbers that ask too often`
  return new Failure('too_many_attempts', `${id}: ${reason}; try again in ${minutes} min`, {
    details: { retryAfterSeconds, because: verdict.because },
  })
}

async function refuseLinked(tx: Tx, id: string): Promise<void> {
  const { rows } = await tx.query<{ linked_at: Date }>(
    'select linked_at from whatsapp_session where instance_id = $1 and linked_at is not null',
    [id],
  )
  if (rows[0] === undefined) return
  throw new Failure(
    'conflict',
    `${id} is linked to its phone already, since ${rows[0].linked_at.toISOString()}; unlink the device on the phone, or stop the bot and give --new-device`,
    { details: { linked_at: rows[0].linked_at.toISOString() } },
  )
}

/** What a worker has in its memory it would write again: only what nobody holds can be dropped. */
async function forgetDevice(tx: Tx, instance: LockedInstance): Promise<void> {
  const { rowCount } = await tx.query(`select 1 from instance_lease where instance_id = $1 and phase = 'idle'`, [
    instance.id,
  ])
  if (rowCount === 0) {
    throw new Failure('conflict', `${instance.id} has a worker: ./botfleet stop ${instance.id} --wait ends it first`)
  }
  await tx.query('delete from whatsapp_key where instance_id = $1', [instance.id])
  await tx.query('delete from whatsapp_session where instance_id = $1', [instance.id])
}
