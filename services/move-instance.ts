import type { Tx } from '../db/transaction.ts'
import type { Actor } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { InstanceView } from '../domain/instance.ts'
import { auditInstance } from './audit-instance.ts'
import { lockInstance } from './find-instance.ts'
import { listServers } from './list-servers.ts'
import { showInstance } from './show-instance.ts'

export interface MoveInstance {
  readonly id: string
  readonly to: string
  /** Also to a server that is down, draining or full: the bot starts when that ends. */
  readonly force?: boolean
}

/**
 * Assigns a bot to another server. It is a handover without overlap: the old server ends its worker and lets go of the
 * lease, and only then the new one can claim it. A bot that waited for a person is tried anew there.
 */
export async function moveInstance(tx: Tx, actor: Actor, input: MoveInstance): Promise<InstanceView> {
  const instance = await lockInstance(tx, actor, { id: input.id, permission: 'instance.move', command: 'move' })
  const target = (await listServers(tx, actor)).find(({ name }) => name === input.to)
  if (target === undefined) throw new Failure('not_found', `no server ${input.to}: ./botfleet server list shows them`)
  if (instance.server_name === input.to) return showInstance(tx, actor, { id: input.id })
  const hindrance = hindranceOf(target)
  if (hindrance !== undefined && input.force !== true) {
    throw new Failure('conflict', `${input.to} ${hindrance}: nothing was moved; --force moves ${input.id} nevertheless`)
  }
  await tx.query(`update instance set server_name = $2, restart_requested = restart_requested + 1 where id = $1`, [
    input.id,
    input.to,
  ])
  await auditInstance(tx, actor, instance, 'move', { from: instance.server_name, to: input.to })
  return showInstance(tx, actor, { id: input.id })
}

function hindranceOf(target: {
  alive: boolean
  draining: boolean
  assigned: number
  capacity: number
}): string | undefined {
  if (!target.alive) return 'is not running'
  if (target.draining) return 'is draining'
  if (target.assigned >= target.capacity) return `is full (${target.assigned} of ${target.capacity} bots)`
  return undefined
}
