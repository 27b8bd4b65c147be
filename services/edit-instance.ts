import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { InstanceView, Placement } from '../domain/instance.ts'
import { parsePhoneNumber } from '../domain/phone-number.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { showInstance } from './show-instance.ts'

export interface EditInstance {
  readonly id: string
  readonly name?: string | undefined
  /** Empty: nobody. */
  readonly owner?: string | undefined
  readonly phone?: string | undefined
  readonly placement?: Placement | undefined
  /** Outgoing requests a second beyond direct answers, up to 30; taken over live (seed row S2-019). */
  readonly rateLimitRps?: number | undefined
  /** Outgoing requests at once, 1 to 100; taken over live (seed row S2-020). */
  readonly maxConcurrentRequests?: number | undefined
}

/** Changes what is given and leaves the rest. */
export async function editInstance(tx: Tx, actor: Actor, input: EditInstance): Promise<InstanceView> {
  const changes = checkedChanges(input)
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.edit', command: 'edit' })
  if (changes.phone_number !== undefined) {
    await refuseTakenNumber(tx, instance.platform, input.id, changes.phone_number)
    await refuseLinkedToAnother(tx, input.id, changes.phone_number)
  }
  await tx.query(
    `update instance set name = coalesce($2, name), owner_id = nullif(coalesce($3, owner_id), ''),
       phone_number = coalesce($4, phone_number), placement = coalesce($5, placement),
       rate_limit_rps = coalesce($6, rate_limit_rps), max_concurrent_requests = coalesce($7, max_concurrent_requests)
     where id = $1`,
    [
      input.id,
      changes.name ?? null,
      changes.owner ?? null,
      changes.phone_number ?? null,
      changes.placement ?? null,
      changes.rate_limit_rps ?? null,
      changes.max_concurrent_requests ?? null,
    ],
  )
  await auditInstance(tx, actor, instance, 'edit', { ...changes })
  return showInstance(tx, actor, { id: input.id })
}

interface Changes {
  name?: string
  owner?: string
  phone_number?: string
  placement?: Placement
  rate_limit_rps?: number
  max_concurrent_requests?: number
}

function checkedChanges(input: EditInstance): Changes {
  const changes: Changes = {}
  if (input.name !== undefined) {
    const name = input.name.trim()
    if (name.length < 1 || name.length > 200) throw new Failure('usage', 'a name has 1 to 200 characters')
    changes.name = name
  }
  if (input.owner !== undefined) changes.owner = input.owner
  if (input.phone !== undefined) changes.phone_number = parsePhoneNumber(input.phone)
  if (input.placement !== undefined) changes.placement = input.placement
  if (input.rateLimitRps !== undefined) {
    if (!(input.rateLimitRps > 0 && input.rateLimitRps <= 30)) {
      throw new Failure('usage', 'the rate limit is more than 0 and at most 30 requests a second')
    }
    changes.rate_limit_rps = input.rateLimitRps
  }
  if (input.maxConcurrentRequests !== undefined) {
    const count = input.maxConcurrentRequests
    if (!Number.isInteger(count) || count < 1 || count > 100) {
      throw new Failure('usage', 'concurrent requests are a whole number from 1 to 100')
    }
    changes.max_concurrent_requests = count
  }
  if (Object.keys(changes).length === 0) throw new Failure('usage', 'nothing to change: give at least one option')
  return changes
}

async function refuseTakenNumber(tx: Tx, platform: string, id: string, phoneNumber: string): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(
    'select id from instance where platform = $1 and phone_number = $2 and id <> $3',
    [platform, phoneNumber, id],
  )
  if (rows[0] !== undefined)
    throw new Failure('conflict', `the number ${phoneNumber} is registered already as ${rows[0].id}`)
}

/** A device that is linked to one number is not another number's. */
async function refuseLinkedToAnother(tx: Tx, id: string, phoneNumber: string): Promise<void> {
  const { rowCount } = await tx.query(
    `select 1 from whatsapp_session s join instance i on i.id = s.instance_id
     where i.id = $1 and s.linked_at is not null and i.phone_number is distinct from $2`,
    [id, phoneNumber],
  )
  if (rowCount === 0) return
  throw new Failure(
    'conflict',
    `${id} is linked to the phone of its number: unlink the device there before the number is changed`,
  )
}
