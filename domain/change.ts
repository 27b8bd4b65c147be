/** The words of a change: what happened to something that a person may be watching (migrations 0016, 0018, 0019). */
import { type Actor, may, type Permission } from './actor.ts'

/** What can be watched, and what one must be allowed to read for it. */
const topics = {
  instance: 'instance.read',
  pairing: 'instance.pair',
  server: 'server.read',
  order: 'order.read',
  top_up: 'top_up.read',
  withdrawal: 'withdrawal.read',
  /** Products, categories and their stock. */
  catalogue: 'catalogue.read',
  customer: 'customer.read',
  broadcast: 'broadcast.send',
  /** Messages that came to nothing, are tried again or given up. */
  outbox: 'outbox.read',
  /** What a tenant sets for its shop, and who owns it. */
  shop: 'agent.read',
} as const satisfies Record<string, Permission>

export type ChangeTopic = keyof typeof topics

/** `access`: the rights or the sessions of a user changed; it is shown to nobody. */
export interface Change {
  readonly id: number
  readonly at: string
  readonly topic: ChangeTopic | 'access'
  /** The id of what has changed. */
  readonly subject: string
  /** Null: it belongs to no tenant. */
  readonly tenant: string | null
  /** A few words of it, such as its status; whoever needs more reads it anew. */
  readonly details: Readonly<Record<string, unknown>>
}

/** Whether somebody may hear of a change: whoever may read what has changed. */
export function mayHear(actor: Actor, { topic, tenant }: Pick<Change, 'topic' | 'tenant'>): boolean {
  return topic !== 'access' && may(actor, topics[topic], tenant ?? undefined)
}
