/** What the API says of itself: for programs, and to read. */
import { randomBytes } from 'node:crypto'
import { type ApiDocument, apiPage, describeApi, openApi } from '../../domain/api/document.ts'
import { documentPage } from './document-page.ts'
import { open, type PanelRoute, type RouteContext } from './route.ts'

export function documentRoutes({ version }: RouteContext, routes: readonly PanelRoute[]): PanelRoute[] {
  let made: ApiDocument | undefined
  const document = () => {
    made ??= describeApi([...routes.map(({ endpoint }) => endpoint), openApi, apiPage], version)
    return made
  }
  return [
    open(openApi, async () => document() as unknown as { openapi: string }),
    open(apiPage, async ({ response }) => {
      const nonce = randomBytes(16).toString('base64')
      response.set(
        'Content-Security-Policy',
        `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      return documentPage(document(), nonce)
    }),
  ]
}
