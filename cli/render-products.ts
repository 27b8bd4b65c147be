import type { CategoryView, ProductView } from '../domain/catalogue.ts'
import { formatBytes, formatLocalTime, formatRelative } from './format.ts'
import type { Output } from './output.ts'
import { renderPairs } from './render-show.ts'
import { renderTable } from './table.ts'
import { escapeControls } from './text-width.ts'

/** Renders the products as a table. */
export function renderProducts(output: Output, products: readonly ProductView[]): string {
  if (products.length === 0) return 'No products yet: ./botfleet product add NAME --price 12.5'
  return renderTable(
    [
      { title: 'PRODUCT', text: ({ id }) => id },
      { title: 'NAME', text: ({ name }) => name, shrinkTo: 10, comfortable: 16 },
      { title: 'CATEGORY', text: ({ category }) => category?.name ?? '-', shrinkTo: 8, dropOrder: 3 },
      { title: 'PRICE', align: 'right', text: (product) => `${product.base_price} ${product.currency}` },
      {
        title: 'STOCK',
        align: 'right',
        text: ({ stock }) => String(stock.available),
        style: (product, cell) => (product.low_stock ? output.style('yellow', cell) : cell),
      },
      { title: 'SOLD', align: 'right', text: ({ stock }) => String(stock.sold), dropOrder: 2 },
      {
        title: 'STATUS',
        text: statusOf,
        style: ({ status }, cell) => (status === 'active' ? cell : output.style('dim', cell)),
        dropOrder: 1,
      },
    ],
    products,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

/** Renders one product as aligned keys and values; times in the viewer's own zone. */
export function renderProduct(output: Output, product: ProductView, nowMs: number): string {
  const { stock, picture, low_stock_threshold: threshold } = product
  const languages = Object.keys(product.translations)
  const left = `${stock.available} available, ${stock.reserved} reserved, ${stock.sold} sold, ${stock.spoilt} spoilt`
  return renderPairs(output, [
    ['product', product.id],
    ['name', escapeControls(product.name)],
    ['category', product.category === null ? undefined : escapeControls(product.category.name)],
    ['price', `${product.base_price} ${product.currency}`],
    ['status', statusOf(product)],
    ['stock', product.low_stock ? output.style('yellow', `${left}: low`) : left],
    ['low at', threshold === null ? undefined : `${threshold} or fewer`],
    ['limit', product.limit_per_customer === null ? undefined : `${product.limit_per_customer} a customer`],
    ['picture', picture === null ? undefined : `${picture.type}, ${formatBytes(picture.bytes)}`],
    ['languages', languages.length === 0 ? undefined : languages.join(', ')],
    ['description', product.description === '' ? undefined : escapeControls(product.description.replaceAll('\n', ' '))],
    ['created', `${formatLocalTime(product.created_at)} (${formatRelative(product.created_at, nowMs)})`],
  ])
}

/** Renders the categories as a table. */
export function renderCategories(output: Output, categories: readonly CategoryView[]): string {
  if (categories.length === 0) return 'No categories yet: ./botfleet category add NAME'
  return renderTable(
    [
      { title: 'CATEGORY', align: 'right', text: ({ id }) => String(id) },
      { title: 'NAME', text: ({ name }) => name, shrinkTo: 12 },
      { title: 'PRODUCTS', align: 'right', text: ({ products }) => String(products) },
      { title: 'LANGUAGES', text: ({ names }) => Object.keys(names).join(', ') || '-', dropOrder: 1 },
      {
        title: 'STATUS',
        text: (category) => (category.archived_at === null ? 'active' : 'archived'),
        style: (category, cell) => (category.archived_at === null ? cell : output.style('dim', cell)),
      },
    ],
    categories,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

function statusOf(product: ProductView): string {
  if (product.status !== 'active') return product.status
  return product.visible_to_agents ? 'active' : 'master only'
}
