import type { Permission } from '../../../domain/actor.ts'
import type { TextKey } from '../i18n/catalogue.ts'

interface Destination {
  readonly path: string
  readonly text: TextKey
  /** What belongs together stands together. */
  readonly group: 'fleet' | 'shop' | 'house'
  readonly permission?: Permission
  /** Shown to agents only, or to everybody but them. */
  readonly only?: 'agent' | 'staff'
}

/** Where one may go, in the order of the menu. */
export const navigation: readonly Destination[] = [
  { path: '/', group: 'fleet', text: 'nav.overview' },
  { path: '/bots', group: 'fleet', text: 'nav.bots', permission: 'instance.read' },
  { path: '/servers', group: 'fleet', text: 'nav.servers', permission: 'server.read' },
  { path: '/agents', group: 'shop', text: 'nav.agents', permission: 'agent.read', only: 'staff' },
  { path: '/shop', group: 'shop', text: 'shop.own', permission: 'agent.read', only: 'agent' },
  { path: '/catalogue', group: 'shop', text: 'nav.catalogue', permission: 'catalogue.read' },
  { path: '/customers', group: 'shop', text: 'nav.customers', permission: 'customer.read' },
  { path: '/orders', group: 'shop', text: 'nav.orders', permission: 'order.read' },
  { path: '/top-ups', group: 'shop', text: 'nav.top_ups', permission: 'top_up.read' },
  { path: '/withdrawals', group: 'shop', text: 'nav.withdrawals', permission: 'withdrawal.read' },
  { path: '/ledger', group: 'shop', text: 'nav.ledger', permission: 'ledger.read' },
  { path: '/broadcasts', group: 'shop', text: 'nav.broadcasts', permission: 'broadcast.send' },
  { path: '/notifications', group: 'shop', text: 'nav.notifications', permission: 'outbox.read' },
  { path: '/people', group: 'house', text: 'nav.people', permission: 'user.read' },
  { path: '/audit', group: 'house', text: 'nav.audit', permission: 'audit.read' },
  { path: '/settings', group: 'house', text: 'nav.settings', permission: 'settings.read' },
]
