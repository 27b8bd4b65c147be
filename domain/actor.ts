import { Failure } from './failure.ts'

/** The roles of people, strongest first; `agent` sees and changes only its own tenant. */
export const roles = ['owner', 'admin', 'operator', 'viewer', 'agent'] as const
export type Role = (typeof roles)[number]

/** Who does something, as the audit row names them. */
export interface Actor {
  /** `user:<username>`, `owner:<platform>:<id>`, `cli:<OS user>@<host>` or `system:<part>@<server>`. */
  readonly name: string
  readonly userId: string | null
  readonly role: Role
  /** The only tenant an agent may touch; null for everybody else. */
  readonly tenant: string | null
  /** Where from: `cli`, `api:<address>`, `bot:<instance>`, `serve`. */
  readonly source: string
}

/** An owner of a shop, who speaks by a chat identity: may do what an agent may, in that tenant. */
export function shopOwnerActor(owner: {
  readonly tenant: string
  readonly platform: string
  readonly platformUserId: string
  readonly source: string
}): Actor {
  const { tenant, source } = owner
  return { name: `owner:${owner.platform}:${owner.platformUserId}`, userId: null, role: 'agent', tenant, source }
}

/** What may be done, and the weakest staff role that may do it; `agent: true` where an agent may in its own tenant. */
const permissions = {
  'instance.read': { role: 'viewer', agent: true },
  'instance.create': { role: 'operator', agent: false },
  'instance.edit': { role: 'operator', agent: false },
  'instance.set_token': { role: 'operator', agent: false },
  'instance.approve': { role: 'operator', agent: false },
  'instance.renew': { role: 'operator', agent: false },
  'instance.expire': { role: 'operator', agent: false },
  'instance.suspend': { role: 'admin', agent: false },
  'instance.activate': { role: 'admin', agent: false },
  'instance.start': { role: 'operator', agent: true },
  'instance.stop': { role: 'operator', agent: true },
  'instance.restart': { role: 'operator', agent: true },
  /** Asking for a code and seeing it: who scans the QR code with another phone has the bot. */
  'instance.pair': { role: 'operator', agent: true },
  'instance.move': { role: 'operator', agent: false },
  'instance.delete': { role: 'admin', agent: false },
  'instance.logs': { role: 'operator', agent: false },
  'server.read': { role: 'viewer', agent: false },
  'server.drain': { role: 'admin', agent: false },
  'server.confirm_clock': { role: 'admin', agent: false },
  'user.read': { role: 'admin', agent: false },
  'user.manage': { role: 'owner', agent: false },
  'key.rotate': { role: 'owner', agent: false },
  'database.backup': { role: 'owner', agent: false },
  'database.restore': { role: 'owner', agent: false },
  'agent.read': { role: 'viewer', agent: true },
  'agent.manage': { role: 'admin', agent: false },
  'shop.read': { role: 'viewer', agent: true },
  'shop.edit': { role: 'operator', agent: true },
  'catalogue.read': { role: 'viewer', agent: false },
  'catalogue.edit': { role: 'operator', agent: false },
  'stock.read': { role: 'viewer', agent: false },
  'stock.add': { role: 'operator', agent: false },
  'stock.remove': { role: 'admin', agent: false },
  /** Goods in plain words. */
  'stock.export': { role: 'admin', agent: false },
  'customer.read': { role: 'viewer', agent: true },
  'customer.block': { role: 'operator', agent: false },
  'customer.erase': { role: 'admin', agent: false },
  'balance.adjust': { role: 'admin', agent: false },
  'order.read': { role: 'viewer', agent: true },
  'order.place': { role: 'operator', agent: false },
  'order.refund': { role: 'admin', agent: false },
  'top_up.read': { role: 'viewer', agent: true },
  'top_up.confirm': { role: 'admin', agent: false },
  'withdrawal.read': { role: 'viewer', agent: true },
  'withdrawal.request': { role: 'admin', agent: true },
  'withdrawal.cancel': { role: 'admin', agent: true },
  'withdrawal.review': { role: 'admin', agent: false },
  'withdrawal.pay': { role: 'admin', agent: false },
  'withdrawal.force': { role: 'owner', agent: false },
  'ledger.read': { role: 'admin', agent: false },
  'outbox.read': { role: 'operator', agent: false },
  'outbox.redrive': { role: 'operator', agent: false },
  'broadcast.send': { role: 'operator', agent: true },
  'import.run': { role: 'owner', agent: false },
  'audit.read': { role: 'admin', agent: false },
} as const satisfies Record<string, { role: Role; agent: boolean }>

export type Permission = keyof typeof permissions

/**
 * Whether the actor may do this. Staff roles are ordered; an agent needs the permission opened to agents and the
 * target to belong to its own tenant.
 */
export function may(actor: Actor, permission: Permission, tenant?: string): boolean {
  const rule = permissions[permission]
  if (actor.role === 'agent') return rule.agent && tenant !== undefined && tenant === actor.tenant
  return roles.indexOf(actor.role) <= roles.indexOf(rule.role)
}

/** Throws `not_allowed` unless the actor may do this. */
export function assertMay(actor: Actor, permission: Permission, tenant?: string): void {
  if (!may(actor, permission, tenant)) {
    throw new Failure(
      'not_allowed',
      `${actor.name} (${actor.role}) may not do this: ${permission} is not among its rights`,
    )
  }
}
