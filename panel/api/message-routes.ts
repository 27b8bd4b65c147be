/** What bots have to tell, over HTTP: messages and broadcasts. */
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import * as broadcasts from '../../domain/api/broadcasts.ts'
import * as outbox from '../../domain/api/outbox.ts'
import { refuseNothing } from '../../domain/outbox.ts'
import { assertKnown } from '../../services/assert-known.ts'
import type { BroadcastView } from '../../services/outbox/broadcasts/broadcast-view.ts'
import { cancelBroadcast } from '../../services/outbox/broadcasts/cancel-broadcast.ts'
import { createBroadcast } from '../../services/outbox/broadcasts/create-broadcast.ts'
import { listBroadcasts } from '../../services/outbox/broadcasts/list-broadcasts.ts'
import { pauseBroadcast } from '../../services/outbox/broadcasts/pause-broadcast.ts'
import { previewBroadcast } from '../../services/outbox/broadcasts/preview-broadcast.ts'
import { resumeBroadcast } from '../../services/outbox/broadcasts/resume-broadcast.ts'
import { showBroadcast } from '../../services/outbox/broadcasts/show-broadcast.ts'
import { startBroadcast } from '../../services/outbox/broadcasts/start-broadcast.ts'
import { dropMessages } from '../../services/outbox/drop-messages.ts'
import { listMessages } from '../../services/outbox/list-messages.ts'
import { redriveMessages } from '../../services/outbox/redrive-messages.ts'
import { showMessage } from '../../services/outbox/show-message.ts'
import { tenantOf } from './own-tenant.ts'
import { pageOf } from './page.ts'
import { change, type PanelRoute, type RouteContext, read } from './route.ts'

export function messageRoutes(context: RouteContext): PanelRoute[] {
  return [...outboxRoutes(context), ...broadcastRoutes(context)]
}

function outboxRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(outbox.listMessages, async ({ actor, query: { cursor: before, limit, state, ...filter } }) => {
      await assertKnown(database, actor, { tenant: filter.tenant })
      const states = state === undefined ? (['queued', 'claimed', 'dead'] as const) : [state]
      return pageOf(limit, (most) => listMessages(database, actor, { ...filter, states, before, limit: most }))
    }),
    read(outbox.showMessage, ({ actor, params }) => showMessage(database, actor, params)),
    change(outbox.redriveMessages, async (tx, { actor, body }) => {
      const letters = 'ids' in body ? { ids: body.ids } : { tenant: body.tenant, kind: body.kind }
      await assertKnown(tx, actor, { tenant: letters.tenant })
      const redriven = await redriveMessages(tx, actor, letters)
      refuseNothing(letters.ids ?? [], redriven, 'a dead letter')
      return { redriven }
    }),
    change(outbox.dropMessages, async (tx, { actor, body }) => {
      const dropped = await dropMessages(tx, actor, body)
      refuseNothing(body.ids, dropped, 'dead or waiting')
      return { dropped }
    }),
  ]
}

function broadcastRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(broadcasts.listBroadcasts, async ({ actor, query: { cursor: before, limit, ...query } }) => {
      await assertKnown(database, actor, query)
      const tenant = query.tenant ?? actor.tenant ?? undefined
      return pageOf(limit, (most) => listBroadcasts(database, actor, { tenant, before, limit: most }))
    }),
    change(broadcasts.createBroadcast, (tx, { actor, body }) =>
      createBroadcast(tx, actor, { tenant: tenantOf(actor, 'broadcast.send', body.tenant), html: body.html }),
    ),
    read(broadcasts.showBroadcast, ({ actor, params }) =>
      database.transaction((tx) => showBroadcast(tx, actor, params)),
    ),
    change(broadcasts.previewBroadcast, async (tx, { actor, params, body }) => ({
      ...params,
      chats: await previewBroadcast(tx, actor, { ...params, ...body }),
    })),
    stepping(broadcasts.startBroadcast, startBroadcast),
    stepping(broadcasts.pauseBroadcast, pauseBroadcast),
    stepping(broadcasts.resumeBroadcast, resumeBroadcast),
    stepping(broadcasts.cancelBroadcast, cancelBroadcast),
  ]
}

type Step = (tx: Tx, actor: Actor, input: { readonly id: number }) => Promise<BroadcastView>

function stepping(endpoint: typeof broadcasts.startBroadcast, step: Step): PanelRoute {
  return change(endpoint, (tx, { actor, params }) => step(tx, actor, params))
}
