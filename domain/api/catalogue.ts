/** Products and their categories over HTTP. Lengths and forms of names are the services' own question. */
import { z } from 'zod'
import { pictureBytesMax } from '../catalogue.ts'
import { categorySchema, language, productSchema } from './catalogue-schemas.ts'
import { endpoint } from './endpoint.ts'
import {
  amountAsked,
  base64,
  countedId,
  currencyCode,
  cursor,
  flag,
  limit,
  numberCursor,
  numberText,
  ofNumber,
  pageOf,
} from './parts.ts'

/** The id of a product in a path or a query. */
export const productId = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,29}$/, 'is no id of a product')
export const ofProduct = z.strictObject({ id: productId })
const written = z.string().max(20_000)
const count = (least: number) => z.int().min(least).max(1_000_000)

export const listProducts = endpoint({
  method: 'get',
  path: '/api/products',
  access: 'catalogue.read',
  tag: 'catalogue',
  summary: 'Products in the order of the shop, the archived ones when asked for.',
  command: 'product list',
  query: z.strictObject({
    category: numberText.optional(),
    archived: flag.default(false),
    limit: limit(),
    cursor: cursor.optional(),
  }),
  answer: pageOf(productSchema),
})

export const addProduct = endpoint({
  method: 'post',
  path: '/api/products',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Adds a product at the end of its category; agents add their markup to its price.',
  command: 'product add',
  key: 'optional',
  body: z.strictObject({
    /** Left out: made of the name. */
    id: written.optional(),
    name: written,
    description: written.optional(),
    category: countedId.nullable().optional(),
    /** The master's price of one unit. */
    base_price: amountAsked,
    currency: currencyCode.default('USDT'),
    limit_per_customer: count(1).nullable().optional(),
    low_stock_threshold: count(0).nullable().optional(),
    visible_to_agents: z.boolean().default(true),
    /** `hidden`: shown to nobody yet. */
    status: z.enum(['active', 'hidden']).default('active'),
  }),
  status: 201,
  answer: productSchema,
})

export const showProduct = endpoint({
  method: 'get',
  path: '/api/products/:id',
  access: 'catalogue.read',
  tag: 'catalogue',
  summary: 'One product and its stock.',
  command: 'product show',
  params: ofProduct,
  answer: productSchema,
})

export const editProduct = endpoint({
  method: 'patch',
  path: '/api/products/:id',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Changes what is given and leaves the rest; orders that were made keep their price.',
  command: 'product edit',
  params: ofProduct,
  body: z.strictObject({
    name: written.optional(),
    description: written.optional(),
    /** Null takes it out of its category. */
    category: countedId.nullable().optional(),
    /** In the product's own currency. */
    base_price: amountAsked.optional(),
    /** `active` brings back what was hidden or archived. */
    status: z.enum(['active', 'hidden']).optional(),
    visible_to_agents: z.boolean().optional(),
    limit_per_customer: count(1).nullable().optional(),
    low_stock_threshold: count(0).nullable().optional(),
    /** Its place in its category, lower first. */
    position: count(0).optional(),
  }),
  answer: productSchema,
})

export const archiveProduct = endpoint({
  method: 'post',
  path: '/api/products/:id/archive',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Takes a product out of the shop; its orders and its stock stay.',
  command: 'product archive',
  key: 'optional',
  params: ofProduct,
  answer: productSchema,
})

export const translateProduct = endpoint({
  method: 'put',
  path: '/api/products/:id/translations/:language',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Says its name and description in a language; null takes one away, what is left out stays.',
  command: 'product translate',
  params: z.strictObject({ id: productId, language }),
  body: z.strictObject({ name: written.nullable().optional(), description: written.nullable().optional() }),
  answer: productSchema,
})

export const showPicture = endpoint({
  method: 'get',
  path: '/api/products/:id/picture',
  access: 'catalogue.read',
  tag: 'catalogue',
  summary: 'The picture of a product, as it was given.',
  params: ofProduct,
  mediaType: 'image/*',
  answer: z.string(),
})

export const setPicture = endpoint({
  method: 'put',
  path: '/api/products/:id/picture',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: `Gives a product a picture, a JPEG, PNG or WebP file of at most ${pictureBytesMax / 1024 / 1024} MB in base64.`,
  command: 'product picture',
  params: ofProduct,
  // A third more for base64. Like every other body it is JSON: one check of what it is and where it comes from.
  bodyBytesMax: Math.ceil(pictureBytesMax / 3) * 4 + 1024,
  body: z.strictObject({ picture: base64(pictureBytesMax) }),
  answer: productSchema,
})

export const removePicture = endpoint({
  method: 'delete',
  path: '/api/products/:id/picture',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Takes the picture of a product away.',
  command: 'product picture',
  params: ofProduct,
  answer: productSchema,
})

export const listCategories = endpoint({
  method: 'get',
  path: '/api/categories',
  access: 'catalogue.read',
  tag: 'catalogue',
  summary: 'Categories in the order of the shop, the archived ones when asked for.',
  command: 'category list',
  query: z.strictObject({ archived: flag.default(false), limit: limit(), cursor: numberCursor.optional() }),
  answer: pageOf(categorySchema),
})

export const addCategory = endpoint({
  method: 'post',
  path: '/api/categories',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Adds a category behind the others.',
  command: 'category add',
  key: 'optional',
  body: z.strictObject({ name: written }),
  status: 201,
  answer: categorySchema,
})

export const renameCategory = endpoint({
  method: 'patch',
  path: '/api/categories/:id',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Gives a category another name, or its name in a language; null takes that one away.',
  command: 'category rename',
  params: ofNumber,
  body: z.union([z.strictObject({ name: written }), z.strictObject({ language, name: written.nullable() })]),
  answer: categorySchema,
})

export const orderCategories = endpoint({
  method: 'put',
  path: '/api/categories/order',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Puts these categories first, in this order; the others follow as they were.',
  command: 'category order',
  body: z.strictObject({ categories: z.array(countedId).min(1).max(500) }),
  answer: z.strictObject({ items: z.array(categorySchema) }),
})

export const archiveCategory = endpoint({
  method: 'post',
  path: '/api/categories/:id/archive',
  access: 'catalogue.edit',
  tag: 'catalogue',
  summary: 'Takes an empty category out of the shop.',
  command: 'category archive',
  key: 'optional',
  params: ofNumber,
  answer: categorySchema,
})
