/** Every route of the API. One that is not here does not exist; the document is made of the same list. */

import { accessRoutes } from './access-routes.ts'
import { accountRoutes } from './account-routes.ts'
import { agentRoutes } from './agent-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { catalogueRoutes } from './catalogue-routes.ts'
import { customerRoutes } from './customer-routes.ts'
import { documentRoutes } from './document-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { instanceRoutes } from './instance-routes.ts'
import { ledgerRoutes } from './ledger-routes.ts'
import { messageRoutes } from './message-routes.ts'
import { orderRoutes } from './order-routes.ts'
import { pairingRoutes } from './pairing-routes.ts'
import type { PanelRoute, RouteContext } from './route.ts'
import { serverRoutes } from './server-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { shopRoutes } from './shop-routes.ts'
import { stockRoutes } from './stock-routes.ts'
import { topUpRoutes } from './top-up-routes.ts'
import { userBotRoutes } from './user-bot-routes.ts'
import { withdrawalRoutes } from './withdrawal-routes.ts'

export function panelRoutes(context: RouteContext): PanelRoute[] {
  const routes = [
    ...serverRoutes(context),
    ...sessionRoutes(context),
    ...instanceRoutes(context),
    ...pairingRoutes(context),
    ...eventRoutes(context),
    ...userBotRoutes(context),
    ...topUpRoutes(context),
    ...withdrawalRoutes(context),
    ...ledgerRoutes(context),
    ...messageRoutes(context),
    ...agentRoutes(context),
    ...shopRoutes(context),
    ...catalogueRoutes(context),
    ...stockRoutes(context),
    ...customerRoutes(context),
    ...orderRoutes(context),
    ...accountRoutes(context),
    ...accessRoutes(context),
    ...auditRoutes(context),
  ]
  return [...routes, ...documentRoutes(context, routes)]
}
