/** What is watched live, and what was logged. */

import { type Actor, assertMay } from '../../domain/actor.ts'
import * as api from '../../domain/api/events.ts'
import { Failure } from '../../domain/failure.ts'
import { type InstanceLog, openInstanceLog } from '../../runtime/instance-log.ts'
import { findServerUrl } from '../../services/find-server-url.ts'
import { showInstance } from '../../services/show-instance.ts'
import type { FollowedLog } from './log-follower.ts'
import { HttpProblem, httpProblems } from './problem.ts'
import { type PanelRoute, type RouteContext, read, stream } from './route.ts'

export function eventRoutes(context: RouteContext): PanelRoute[] {
  return [
    stream(api.streamEvents, async ({ request, response, query, token, actor }) => {
      // A HEAD request asks what there is, and would hold a stream open that nobody reads.
      if (request.method === 'HEAD') {
        response.type('text/event-stream').end()
        return
      }
      const last = request.headers['last-event-id']
      const resumeAfter = typeof last === 'string' && last !== '' ? last : query.after
      const followed = query.logs === undefined ? undefined : await findLog(context, actor, query.logs)
      await context.events.open({ response, token, actor, resumeAfter, followed })
    }),
    read(api.readLog, async ({ actor, params, query }) => {
      const { id, log } = await findLog(context, actor, params.id)
      const page = await readPage(log, query)
      return { ...page, instance: id, server: log.server, lines: [...page.lines] }
    }),
  ]
}

async function findLog(context: RouteContext, actor: Actor, id: string): Promise<FollowedLog> {
  const view = await showInstance(context.database, actor, { id })
  assertMay(actor, 'instance.logs', view.tenant)
  const log = openInstanceLog(
    {
      self: context.serverName,
      folder: context.logFolder,
      keyring: context.keyring,
      plainHttp: context.settings.PEER_PLAIN_HTTP,
      urlOf: (server) => findServerUrl(context.database, { server }),
    },
    { id, server: view.server_name },
  )
  return { id, tenant: view.tenant, log }
}

/** What keeps another server from answering is said: it is no trouble of ours. */
async function readPage(log: InstanceLog, query: Parameters<InstanceLog['read']>[0]): ReturnType<InstanceLog['read']> {
  try {
    return await log.read(query)
  } catch (error) {
    if (!(error instanceof Failure) || typeof error.details['server_name'] !== 'string') throw error
    throw new HttpProblem(httpProblems.serverUnreachable, error.message, { 'retry-after': '5' })
  }
}
