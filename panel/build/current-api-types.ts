import { describeApi } from '../../domain/api/document.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { parseSettings } from '../../domain/settings.ts'
import { panelRoutes } from '../api/routes.ts'
import { apiTypes } from './api-types.ts'

/** The panel's types as the API is now, before they are formatted. */
export function currentApiTypes(): string {
  const routes = panelRoutes({
    // Nothing is asked of it: only the list of endpoints is read.
    database: undefined as never,
    settings: parseSettings({}),
    serverName: 'server1',
    keyring: () => makeKeyring([Buffer.alloc(32)]),
    version: '0',
    origins: { publicOrigins: [], loopbackOnly: true },
  })
  return apiTypes(
    describeApi(
      routes.map(({ endpoint }) => endpoint),
      '0',
    ),
  )
}
