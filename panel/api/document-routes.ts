/** What the API says of itself. */
import { type ApiDocument, describeApi, openApi } from '../../domain/api/document.ts'
import { open, type PanelRoute, type RouteContext } from './route.ts'

export function documentRoutes({ version }: RouteContext, routes: readonly PanelRoute[]): PanelRoute[] {
  let document: ApiDocument | undefined
  return [
    open(openApi, async () => {
      document ??= describeApi([...routes.map(({ endpoint }) => endpoint), openApi], version)
      return document as unknown as { openapi: string }
    }),
  ]
}
