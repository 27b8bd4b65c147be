import { describe, expect, it } from 'vitest'
import {
  type Actor,
  assertMay,
  may,
  type Permission,
  permissionNames,
  type Role,
  roles,
} from '../../../domain/actor.ts'

/** Who may do what, written out a second time: a change of the rules has to be made twice to pass. */
const matrix: Record<Permission, string> = {
  //                  owner admin operator viewer agent(own tenant)
  'instance.read': '      x     x     x       x     x',
  'instance.create': '    x     x     x       -     -',
  'instance.edit': '      x     x     x       -     -',
  'instance.set_token': ' x     x     x       -     -',
  'instance.approve': '   x     x     x       -     -',
  'instance.renew': '     x     x     x       -     -',
  'instance.expire': '    x     x     x       -     -',
  'instance.suspend': '   x     x     -       -     -',
  'instance.activate': '  x     x     -       -     -',
  'instance.start': '     x     x     x       -     x',
  'instance.stop': '      x     x     x       -     x',
  'instance.restart': '   x     x     x       -     x',
  'instance.pair': '      x     x     x       -     x',
  'instance.move': '      x     x     x       -     -',
  'instance.delete': '    x     x     -       -     -',
  'instance.logs': '      x     x     x       -     -',
  'server.read': '        x     x     x       x     -',
  'server.drain': '       x     x     -       -     -',
  'server.confirm_clock': 'x    x     -       -     -',
  'settings.read': '      x     x     -       -     -',
  'user.read': '          x     x     -       -     -',
  'user.manage': '        x     -     -       -     -',
  'key.rotate': '         x     -     -       -     -',
  'database.backup': '    x     -     -       -     -',
  'database.restore': '   x     -     -       -     -',
  'agent.read': '         x     x     x       x     x',
  'agent.manage': '       x     x     -       -     -',
  'agent.self': '         -     -     -       -     x',
  'user_bot.access': '    x     x     -       -     -',
  'shop.read': '          x     x     x       x     x',
  'shop.edit': '          x     x     x       -     x',
  'catalogue.read': '     x     x     x       x     -',
  'catalogue.edit': '     x     x     x       -     -',
  'stock.read': '         x     x     x       x     -',
  'stock.add': '          x     x     x       -     -',
  'stock.remove': '       x     x     -       -     -',
  'stock.export': '       x     x     -       -     -',
  'customer.read': '      x     x     x       x     x',
  'customer.block': '     x     x     x       -     -',
  'customer.erase': '     x     x     -       -     -',
  'balance.adjust': '     x     x     -       -     -',
  'order.read': '         x     x     x       x     x',
  'order.place': '        x     x     x       -     -',
  'order.refund': '       x     x     -       -     -',
  'top_up.read': '        x     x     x       x     x',
  'top_up.confirm': '     x     x     -       -     -',
  'withdrawal.read': '    x     x     x       x     x',
  'withdrawal.request': ' x     x     -       -     x',
  'withdrawal.cancel': '  x     x     -       -     x',
  'withdrawal.review': '  x     x     -       -     -',
  'withdrawal.pay': '     x     x     -       -     -',
  'withdrawal.force': '   x     -     -       -     -',
  'ledger.read': '        x     x     -       -     -',
  'outbox.read': '        x     x     x       -     -',
  'outbox.redrive': '     x     x     x       -     -',
  'broadcast.send': '     x     x     x       -     x',
  'import.run': '         x     -     -       -     -',
  'audit.read': '         x     x     -       -     -',
}

const cells = (Object.keys(matrix) as Permission[]).flatMap((permission) =>
  matrix[permission]
    .trim()
    .split(/\s+/)
    .map((mark, column) => ({ permission, role: roles[column] as Role, allowed: mark === 'x' })),
)

function actorOf(role: Role): Actor {
  return { name: `user:${role}`, userId: role, role, tenant: role === 'agent' ? 'agent:own' : null, source: 'cli' }
}

describe('permissions', () => {
  it('a role that is not known here may nothing', () => {
    // As a newer server of the same database may have given it.
    const actor: Actor = { name: 'user:x', userId: 'x', role: 'auditor' as Role, tenant: null, source: 'api' }
    expect(permissionNames.filter((permission) => may(actor, permission, 'agent:t1'))).toEqual([])
  })

  it('the matrix has a cell for every role of every permission', () => {
    expect(cells).toHaveLength(Object.keys(matrix).length * roles.length)
  })

  it.each(cells)('$role on $permission of its own tenant: $allowed', ({ permission, role, allowed }) => {
    expect(may(actorOf(role), permission, 'agent:own')).toBe(allowed)
  })

  it.each(cells.filter((cell) => cell.role === 'agent'))(
    'an agent has no $permission in a foreign tenant, in master, or where no tenant is named',
    ({ permission }) => {
      for (const tenant of ['agent:other', 'master', undefined]) {
        expect(may(actorOf('agent'), permission, tenant)).toBe(false)
      }
      expect(() => assertMay(actorOf('agent'), permission, 'agent:other')).toThrow(/may not/)
    },
  )

  it.each(cells.filter((cell) => cell.role !== 'agent'))(
    'the tenant makes no difference for $role on $permission',
    ({ permission, role, allowed }) => {
      for (const tenant of ['agent:other', 'master', undefined]) {
        expect(may(actorOf(role), permission, tenant)).toBe(allowed)
      }
    },
  )
})
