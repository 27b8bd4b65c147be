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
  /** Where from: `cli`, `api:<address>`, `api:<address> token:<id>`, `bot:<instance>`, `serve`. */
  readonly source: string
  /** The id of the API token that speaks for the person; unset: they do themselves. */
  readonly token?: string
  /** What of the role's rights an API token has; unset: all of them. */
  readonly scopes?: readonly Permission[]
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

/**
 * What may be done, and the weakest staff role that may do it, null where none does; `agent: true` where an agent may in
 * its own tenant.
 */
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
  'settings.read': { role: 'admin', agent: false },
  'user.read': { role: 'admin', agent: false },
  'user.manage': { role: 'owner', agent: false },
  'key.rotate': { role: 'owner', agent: false },
  'database.backup': { role: 'owner', agent: false },
  'database.restore': { role: 'owner', agent: false },
  'agent.read': { role: 'viewer', agent: true },
  'agent.manage': { role: 'admin', agent: false },
  /** What an agent does for itself by the seeds' routes, which name nobody. */
  'agent.self': { role: null, agent: true },
  /** Looking into a bot of somebody else, and setting its limits (seed row S2-113). */
  'user_bot.access': { role: 'admin', agent: false },
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
} as const satisfies Record<string, { role: Role | null; agent: boolean }>

export type Permission = keyof typeof permissions
export const permissionNames = Object.keys(permissions) as Permission[]

/**
 * Whether the actor may do this. Staff roles are ordered; an agent needs the permission opened to agents and the
 * target to belong to its own tenant; an API token needs it among its scopes besides.
 */
export function may(actor: Actor, permission: Permission, tenant?: string): boolean {
  if (actor.scopes !== undefined && !actor.scopes.includes(permission)) return false
  if (actor.role === 'agent' && (tenant === undefined || tenant !== actor.tenant)) return false
  return isRightOf(actor.role, permission)
}

/** A role that is not known here, which a newer server of the same database gave, has no rights. */
function isRightOf(role: Role, permission: Permission): boolean {
  const rule = permissions[permission]
  if (role === 'agent') return rule.agent
  return rule.role !== null && roles.includes(role) && roles.indexOf(role) <= roles.indexOf(rule.role)
}

/** Everything that the actor may do, an agent in its own tenant. */
export function permissionsOf(actor: Actor): Permission[] {
  return permissionNames.filter((permission) => may(actor, permission, actor.tenant ?? undefined))
}

/**
 * Throws `not_allowed` for an API token whose scopes leave out something that the role may: who makes such a person, or
 * gets into their account, has it.
 */
export function assertCovers(actor: Actor, role: Role): void {
  const { scopes } = actor
  const beyond = scopes && permissionNames.find((name) => isRightOf(role, name) && !scopes.includes(name))
  if (beyond === undefined) return
  throw new Failure(
    'not_allowed',
    `${actor.name} (${actor.role}) may not do this: ${beyond}, a right of ${role}, is not among the scopes of this token`,
  )
}

/** Throws `not_allowed` unless the actor may do this. */
export function assertMay(actor: Actor, permission: Permission, tenant?: string): void {
  if (may(actor, permission, tenant)) return
  const isScoped = actor.scopes?.includes(permission) === false
  throw new Failure(
    'not_allowed',
    `${actor.name} (${actor.role}) may not do this: ${permission} is not among ${isScoped ? 'the scopes of this token' : 'its rights'}`,
  )
}
