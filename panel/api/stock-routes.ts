/** The goods on the shelf over HTTP. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Response } from 'express'
import type { BodyOf } from '../../domain/api/endpoint.ts'
import * as api from '../../domain/api/stock.ts'
import { endOf, startOf } from '../../domain/moment.ts'
import type { SoldUnit } from '../../domain/stock-unit.ts'
import { unitsOf } from '../../domain/stock-upload.ts'
import { assertProduct } from '../../services/catalogue/read-products.ts'
import { type AddStock, addStock } from '../../services/stock/add-stock.ts'
import { countStock } from '../../services/stock/count-stock.ts'
import { exportSold, soldPages } from '../../services/stock/export-sold.ts'
import { listStock } from '../../services/stock/list-stock.ts'
import type { UnitChoice } from '../../services/stock/pick-units.ts'
import { removeStock } from '../../services/stock/remove-stock.ts'
import { soldCsv } from '../../services/stock/sold-csv.ts'
import { spoilStock } from '../../services/stock/spoil-stock.ts'
import { assertCursor, pageOf } from './page.ts'
import { change, type PanelRoute, type RouteContext, read, stream } from './route.ts'

/** Skipped records that an answer names. */
const skippedShownMax = 1000

export function stockRoutes(context: RouteContext): PanelRoute[] {
  const { database, keyring } = context
  return [
    change(api.addStock, async (tx, { actor, params, body }) => {
      const added = await addStock(tx, actor, { product: params.id, keyring: keyring(), ...goodsOf(body) })
      return { ...added, skipped_count: added.skipped.length, skipped: added.skipped.slice(0, skippedShownMax) }
    }),
    read(api.listStock, ({ actor, params, query: { limit, cursor, state, import: batch } }) =>
      pageOf(limit, (most) =>
        listStock(database, actor, { product: params.id, state, batch, before: cursor, limit: most }),
      ),
    ),
    read(api.countStock, async ({ actor, query: { product, limit, cursor } }) => {
      await assertCursor(cursor, (id) => assertProduct(database, id))
      const list = (most: number) => countStock(database, actor, { product, after: cursor, limit: most })
      return pageOf(limit, list, (shelf) => shelf.product)
    }),
    change(api.removeStock, async (tx, { actor, params, body }) => {
      const chosen = { product: params.id, choice: choiceOf(body) }
      if (body.spoil === undefined) return removeStock(tx, actor, chosen)
      return { removed: 0, ...(await spoilStock(tx, actor, { ...chosen, reason: body.spoil })) }
    }),
    exportRoute(context),
  ]
}

function goodsOf(body: BodyOf<typeof api.addStock>): Pick<AddStock, 'goods' | 'source'> {
  if ('file' in body) {
    const { name, content } = body.file
    return { source: name, goods: { file: { name, bytes: content } } }
  }
  return { source: body.source, goods: { lines: unitsOf(body.format, body.goods) } }
}

function choiceOf({ units }: BodyOf<typeof api.removeStock>): UnitChoice {
  if (units === 'all') return { all: true }
  return 'import' in units ? { batch: units.import } : { units: units.ids }
}

/** Each page is read in a transaction of its own, when the one before it has been taken. */
function exportRoute({ database, keyring }: RouteContext): PanelRoute {
  return stream(api.exportStock, async ({ actor, query, response }) => {
    const filter = {
      product: query.product,
      from: startOf(query.since, 'since'),
      until: endOf(query.until, 'until'),
    }
    const pages = soldPages((page) =>
      database.transaction((tx) => exportSold(tx, actor, { filter, keyring: keyring(), ...page })),
    )
    const text = query.format === 'csv' ? soldCsv(pages) : soldLines(pages)
    // What is refused is refused by the first page, when the answer can still be a problem.
    const first = await text.next()
    response.attachment(`sold.${query.format}`)
    if (query.format === 'jsonl') response.type('application/x-ndjson; charset=utf-8')
    await send(response, first.value ?? '', text)
  })
}

async function* soldLines(pages: AsyncIterable<readonly SoldUnit[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((unit) => `${JSON.stringify(unit)}\n`).join('')
}

/** Whoever hangs up has what they wanted; anything else cuts the answer short, so that nobody takes it for whole. */
async function send(response: Response, first: string, rest: AsyncGenerator<string>): Promise<void> {
  async function* whole() {
    yield first
    yield* rest
  }
  try {
    await pipeline(Readable.from(whole()), response)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return
    throw error
  }
}
