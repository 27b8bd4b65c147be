/** Products and their categories over HTTP. */
import type { Tx } from '../../db/transaction.ts'
import type { Actor } from '../../domain/actor.ts'
import * as api from '../../domain/api/catalogue.ts'
import type { BodyOf, Endpoint } from '../../domain/api/endpoint.ts'
import type { ProductView } from '../../domain/catalogue.ts'
import { parseAmount } from '../../domain/money.ts'
import { archiveCategory } from '../../services/catalogue/archive-category.ts'
import { archiveProduct } from '../../services/catalogue/archive-product.ts'
import { createCategory } from '../../services/catalogue/create-category.ts'
import { createProduct } from '../../services/catalogue/create-product.ts'
import { editProduct } from '../../services/catalogue/edit-product.ts'
import { listCategories } from '../../services/catalogue/list-categories.ts'
import { listProducts } from '../../services/catalogue/list-products.ts'
import { orderCategories } from '../../services/catalogue/order-categories.ts'
import { assertProduct } from '../../services/catalogue/read-products.ts'
import { renameCategory } from '../../services/catalogue/rename-category.ts'
import { setPicture } from '../../services/catalogue/set-picture.ts'
import { showPicture } from '../../services/catalogue/show-picture.ts'
import { showProduct } from '../../services/catalogue/show-product.ts'
import { translateProduct } from '../../services/catalogue/translate-product.ts'
import { assertCursor, pageOf } from './page.ts'
import { tagged } from './revision.ts'
import { type ChangeOptions, change, type PanelRoute, type RouteContext, read, stream } from './route.ts'

export function catalogueRoutes(context: RouteContext): PanelRoute[] {
  return [...productRoutes(context), ...pictureRoutes(context), ...categoryRoutes(context)]
}

function productRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listProducts, async ({ actor, query: { limit, cursor, ...filter } }) => {
      await assertCursor(cursor, (id) => assertProduct(database, id))
      return pageOf(limit, (most) => listProducts(database, actor, { ...filter, after: cursor, limit: most }))
    }),
    change(api.addProduct, (tx, { actor, body }) =>
      createProduct(tx, actor, {
        id: body.id,
        name: body.name,
        description: body.description,
        category: body.category ?? undefined,
        currency: body.currency,
        basePrice: parseAmount(body.base_price, body.currency),
        hidden: body.status === 'hidden',
        visibleToAgents: body.visible_to_agents,
        limitPerCustomer: body.limit_per_customer ?? undefined,
        lowStockThreshold: body.low_stock_threshold ?? undefined,
      }),
    ),
    read(api.showProduct, async ({ actor, params, response }) => {
      const product = await showProduct(database, actor, params)
      return tagged(response, product, revisionOf(product))
    }),
    change(
      api.editProduct,
      async (tx, { actor, params, body }) =>
        editProduct(tx, actor, { ...params, ...(await editOf(tx, actor, params, body)) }),
      guarded,
    ),
    change(api.archiveProduct, (tx, { actor, params }) => archiveProduct(tx, actor, params), guarded),
    change(
      api.translateProduct,
      (tx, { actor, params, body }) => translateProduct(tx, actor, { ...params, ...body }),
      guarded,
    ),
  ]
}

async function editOf(tx: Tx, actor: Actor, product: { id: string }, body: BodyOf<typeof api.editProduct>) {
  const price = body.base_price
  return {
    name: body.name,
    description: body.description,
    category: body.category,
    basePrice: price === undefined ? undefined : parseAmount(price, (await showProduct(tx, actor, product)).currency),
    status: body.status,
    visibleToAgents: body.visible_to_agents,
    limitPerCustomer: body.limit_per_customer,
    lowStockThreshold: body.low_stock_threshold,
    position: body.position,
  }
}

/** What people decide; the shelf changes by itself. */
function revisionOf({ stock: _stock, low_stock: _low, ...decided }: ProductView): unknown {
  return decided
}

const guarded: ChangeOptions<Endpoint<typeof api.ofProduct>> = {
  revision: async (tx, { actor, params }) => {
    await tx.query('select 1 from product where id = $1 for no key update', [params.id])
    return revisionOf(await showProduct(tx, actor, params))
  },
}

function pictureRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    stream(api.showPicture, async ({ actor, params, response }) => {
      const picture = await showPicture(database, actor, params)
      // Asked for again with every page; answered with 304 while it is the same.
      response.set({ 'Content-Type': picture.type, ETag: `"${picture.id}"`, 'Cache-Control': 'private, no-cache' })
      response.send(picture.bytes)
    }),
    change(api.setPicture, (tx, { actor, params, body }) => setPicture(tx, actor, { ...params, ...body }), guarded),
    change(api.removePicture, (tx, { actor, params }) => setPicture(tx, actor, { ...params, picture: null }), guarded),
  ]
}

function categoryRoutes({ database }: RouteContext): PanelRoute[] {
  return [
    read(api.listCategories, ({ actor, query: { limit, cursor, archived } }) =>
      pageOf(limit, (most) => listCategories(database, actor, { archived, after: cursor, limit: most })),
    ),
    change(api.addCategory, (tx, { actor, body }) => createCategory(tx, actor, body)),
    change(api.orderCategories, async (tx, { actor, body }) => ({ items: await orderCategories(tx, actor, body) })),
    change(api.renameCategory, (tx, { actor, params, body }) =>
      renameCategory(tx, actor, { category: params.id, ...body }),
    ),
    change(api.archiveCategory, (tx, { actor, params }) => archiveCategory(tx, actor, { category: params.id })),
  ]
}
