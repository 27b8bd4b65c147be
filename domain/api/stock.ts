/** The goods on the shelf over HTTP. In plain they are only in the export of what was sold. */
import { z } from 'zod'
import { fileBytesMax } from '../stock-lines.ts'
import { stockStates } from '../stock-unit.ts'
import { uploadBytesMax, uploadFormats } from '../stock-upload.ts'
import { ofProduct, productId } from './catalogue.ts'
import { endpoint } from './endpoint.ts'
import { base64, countedId, cursor, limit, numberCursor, numberText, pageOf } from './parts.ts'
import { addedSchema, removedSchema, shelfSchema, unitSchema } from './stock-schemas.ts'

export const addStock = endpoint({
  method: 'post',
  path: '/api/products/:id/stock',
  access: 'stock.add',
  tag: 'stock',
  summary: `Puts goods on the shelf, all of them or none; answers with what was added and what was skipped. At most ${uploadBytesMax / 1024 / 1024} MB at once.`,
  command: 'stock add',
  key: 'optional',
  bodyBytesMax: uploadBytesMax,
  params: ofProduct,
  body: z.union([
    z.strictObject({
      /** One unit a record: a line; a row's cell in the column `content`; a JSON text, or a JSON object's `content`. */
      format: z.enum(uploadFormats).default('lines'),
      goods: z.string(),
      /** Where they came from, such as the name of a file. */
      source: z.string().max(255).default('api'),
    }),
    z.strictObject({
      /** A file that is one unit; customers get it under its name. */
      file: z.strictObject({ name: z.string().max(255), content: base64(fileBytesMax) }),
    }),
  ]),
  status: 201,
  answer: addedSchema,
})

export const listStock = endpoint({
  method: 'get',
  path: '/api/products/:id/stock',
  access: 'stock.read',
  tag: 'stock',
  summary: 'Units of a product without their goods, newest first.',
  command: 'stock list',
  params: ofProduct,
  query: z.strictObject({
    state: z.enum(stockStates).optional(),
    import: numberText.optional(),
    limit: limit(),
    cursor: numberCursor.optional(),
  }),
  answer: pageOf(unitSchema),
})

export const countStock = endpoint({
  method: 'get',
  path: '/api/stock',
  access: 'stock.read',
  tag: 'stock',
  summary: 'How many units are available, reserved, sold and spoilt, by product.',
  command: 'stock counts',
  query: z.strictObject({ product: productId.optional(), limit: limit(), cursor: cursor.optional() }),
  answer: pageOf(shelfSchema),
})

export const removeStock = endpoint({
  method: 'post',
  path: '/api/products/:id/stock/remove',
  access: 'stock.remove',
  tag: 'stock',
  summary: 'Erases units that nobody has bought, with their goods; or keeps them, never to be sold.',
  command: 'stock remove',
  key: 'optional',
  params: ofProduct,
  body: z.strictObject({
    units: z.union([
      /** Every available one. */
      z.literal('all'),
      z.strictObject({ import: countedId }),
      z.strictObject({ ids: z.array(countedId).min(1).max(5000) }),
    ]),
    /** Why they are spoilt: then they are kept, and the same goods cannot be added again. */
    spoil: z.string().max(500).optional(),
  }),
  answer: removedSchema,
})

export const exportStock = endpoint({
  method: 'get',
  path: '/api/stock/export',
  access: 'stock.export',
  tag: 'stock',
  summary:
    'What was sold, goods in plain, as a file; goes into the audit. As `jsonl` one object a line, its fields the columns.',
  command: 'stock export',
  query: z.strictObject({
    product: productId.optional(),
    /** Sold at this time or later: a day in UTC, or a time such as `2026-03-01T14:00Z`. */
    since: z.string().max(40).optional(),
    /** Sold before this time; a day is included. */
    until: z.string().max(40).optional(),
    format: z.enum(['csv', 'jsonl']).default('csv'),
  }),
  mediaType: 'text/csv',
  answer: z.string(),
})
