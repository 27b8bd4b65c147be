import type { Permission } from '../../../domain/actor.ts'
import type { TextKey } from '../i18n/catalogue.ts'

interface Destination {
  readonly path: string
  readonly text: TextKey
  readonly permission?: Permission
  /** Shown to agents only, or to everybody but them. */
  readonly only?: 'agent' | 'staff'
}

/** Where one may go, in the order of the menu. */
export const navigation: readonly Destination[] = [
  { path: '/', text: 'nav.overview' },
  { path: '/bots', text: 'nav.bots', permission: 'instance.read' },
  { path: '/servers', text: 'nav.servers', permission: 'server.read' },
  { path: '/agents', text: 'nav.agents', permission: 'agent.read', only: 'staff' },
  { path: '/shop', text: 'shop.own', permission: 'agent.read', only: 'agent' },
  { path: '/catalogue', text: 'nav.catalogue', permission: 'catalogue.read' },
  { path: '/customers', text: 'nav.customers', permission: 'customer.read' },
  { path: '/orders', text: 'nav.orders', permission: 'order.read' },
  { path: '/top-ups', text: 'nav.top_ups', permission: 'top_up.read' },
  { path: '/withdrawals', text: 'nav.withdrawals', permission: 'withdrawal.read' },
  { path: '/notifications', text: 'nav.notifications', permission: 'outbox.read' },
  { path: '/people', text: 'nav.people', permission: 'user.read' },
  { path: '/audit', text: 'nav.audit', permission: 'audit.read' },
  { path: '/settings', text: 'nav.settings', permission: 'settings.read' },
]
