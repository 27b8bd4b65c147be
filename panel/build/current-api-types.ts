import { describeApi } from '../../domain/api/document.ts'
import { parseSettings } from '../../domain/settings.ts'
import type { RouteContext } from '../api/route.ts'
import { panelRoutes } from '../api/routes.ts'
import { apiTypes } from './api-types.ts'

/** The panel's types as the API is now, before they are formatted. */
export function currentApiTypes(): string {
  // Nothing else is asked of it: only the list of endpoints is read.
  const routes = panelRoutes({ settings: parseSettings({}) } as RouteContext)
  return apiTypes(
    describeApi(
      routes.map(({ endpoint }) => endpoint),
      '0',
    ),
  )
}
