import { Skeleton } from '@mantine/core'
import { type ComponentType, lazy, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { Broken } from './broken.tsx'

/** A page that is loaded when it is opened. */
function page(load: () => Promise<ComponentType>): ComponentType {
  return lazy(async () => ({ default: await load() }))
}

const pages: readonly (readonly [path: string, page: ComponentType])[] = [
  ['/', page(async () => (await import('../pages/overview/overview.tsx')).OverviewPage)],
  ['/bots', page(async () => (await import('../pages/bots/bots.tsx')).BotsPage)],
  ['/bots/new', page(async () => (await import('../pages/bots/create-bot.tsx')).CreateBotPage)],
  ['/bots/own', page(async () => (await import('../pages/bots/own-bot.tsx')).OwnBotPage)],
  ['/bots/:id', page(async () => (await import('../pages/bot/bot.tsx')).BotPage)],
  ['/account', page(async () => (await import('../pages/account/account.tsx')).AccountPage)],
  ['/agents', page(async () => (await import('../pages/agents/agents.tsx')).AgentsPage)],
  ['/agents/:id', page(async () => (await import('../pages/agents/agent.tsx')).AgentPage)],
  ['/catalogue', page(async () => (await import('../pages/catalogue/catalogue.tsx')).CataloguePage)],
  ['/catalogue/:id', page(async () => (await import('../pages/catalogue/product.tsx')).ProductPage)],
  ['/customers', page(async () => (await import('../pages/customers/customers.tsx')).CustomersPage)],
  ['/customers/:id', page(async () => (await import('../pages/customers/customer.tsx')).CustomerPage)],
  ['/orders', page(async () => (await import('../pages/orders/orders.tsx')).OrdersPage)],
  ['/orders/:id', page(async () => (await import('../pages/orders/order.tsx')).OrderPage)],
  ['/broadcasts', page(async () => (await import('../pages/broadcasts/broadcasts.tsx')).BroadcastsPage)],
  ['/ledger', page(async () => (await import('../pages/ledger/ledger.tsx')).LedgerPage)],
  ['/people', page(async () => (await import('../pages/people/people.tsx')).PeoplePage)],
  ['/audit', page(async () => (await import('../pages/audit/audit.tsx')).AuditPage)],
  ['/settings', page(async () => (await import('../pages/settings/settings.tsx')).SettingsPage)],
  ['/shop', page(async () => (await import('../pages/agents/agent.tsx')).OwnShopPage)],
  ['/top-ups', page(async () => (await import('../pages/top-ups/top-ups.tsx')).TopUpsPage)],
  ['/withdrawals', page(async () => (await import('../pages/withdrawals/withdrawals.tsx')).WithdrawalsPage)],
  ['/notifications', page(async () => (await import('../pages/notifications/notifications.tsx')).NotificationsPage)],
  ['/servers', page(async () => (await import('../pages/servers/servers.tsx')).ServersPage)],
]
const NotFoundPage = page(async () => (await import('../pages/not-found.tsx')).NotFoundPage)

export function Pages() {
  return (
    <Broken>
      <Suspense fallback={<Skeleton h={240} />}>
        <Switch>
          {pages.map(([path, Page]) => (
            <Route key={path} path={path} component={Page} />
          ))}
          <Route component={NotFoundPage} />
        </Switch>
      </Suspense>
    </Broken>
  )
}
