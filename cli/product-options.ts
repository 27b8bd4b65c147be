/** What the commands `product ...` do with their options. */
import { pictureBytesMax } from '../domain/catalogue.ts'
import { Failure } from '../domain/failure.ts'
import { type Currency, parseAmount } from '../domain/money.ts'
import type { Language } from '../domain/worker-contract.ts'
import { createProduct } from '../services/catalogue/create-product.ts'
import { editProduct } from '../services/catalogue/edit-product.ts'
import { setPicture } from '../services/catalogue/set-picture.ts'
import { showProduct } from '../services/catalogue/show-product.ts'
import { translateProduct } from '../services/catalogue/translate-product.ts'
import type { Cli } from './command.ts'
import { withContext } from './context.ts'
import { readBytes } from './read-bytes.ts'
import { readSmallFile } from './read-secret.ts'
import { renderProduct } from './render-products.ts'

interface DescriptionOptions {
  description?: string
  descriptionFile?: string
}

export interface AddOptions extends DescriptionOptions {
  price: string
  currency: Currency
  id?: string
  category?: string
  limit?: number
  lowStock?: number
  hidden?: boolean
  notForAgents?: boolean
}

export interface EditOptions extends DescriptionOptions {
  name?: string
  price?: string
  category?: string | false
  limit?: number | false
  lowStock?: number | false
  status?: 'active' | 'hidden'
  agents?: 'show' | 'hide'
  position?: number
}

export interface TranslateOptions extends DescriptionOptions {
  name?: string
  remove?: boolean
}

export async function addProduct(cli: Cli, name: string, options: AddOptions): Promise<void> {
  const basePrice = parseAmount(options.price, options.currency)
  const description = await readDescription(cli, options)
  await withContext(cli, async (context) => {
    const product = await context.run(createProduct, {
      id: options.id,
      name,
      description,
      category: options.category,
      currency: options.currency,
      basePrice,
      hidden: options.hidden,
      visibleToAgents: options.notForAgents !== true,
      limitPerCustomer: options.limit,
      lowStockThreshold: options.lowStock,
    })
    cli.output.result(
      product,
      () => `Added ${product.id}: ${product.name}, ${product.base_price} ${product.currency} a unit.`,
    )
    if (!cli.output.json) cli.output.note(`To put goods on its shelf: ./botfleet stock add ${product.id} --file FILE`)
  })
}

export async function changeProduct(cli: Cli, id: string, options: EditOptions): Promise<void> {
  const description = await readDescription(cli, options)
  await withContext(cli, async (context) => {
    const { currency } = await context.run(showProduct, { id })
    const product = await context.run(editProduct, {
      id,
      name: options.name,
      description,
      category: orNull(options.category),
      basePrice: options.price === undefined ? undefined : parseAmount(options.price, currency),
      status: options.status,
      visibleToAgents: options.agents === undefined ? undefined : options.agents === 'show',
      limitPerCustomer: orNull(options.limit),
      lowStockThreshold: orNull(options.lowStock),
      position: options.position,
    })
    cli.output.result(product, () => renderProduct(cli.output, product, Date.now()))
  })
}

export async function changePicture(cli: Cli, id: string, options: { file?: string; remove?: boolean }): Promise<void> {
  const { file } = options
  if ((file === undefined) !== (options.remove === true)) {
    throw new Failure('usage', 'give either --file FILE or --remove')
  }
  const picture =
    file === undefined
      ? null
      : await readBytes({ path: file, flag: '--file', bytesMax: pictureBytesMax, signal: cli.signal })
  await withContext(cli, async (context) => {
    const product = await context.run(setPicture, { id, picture })
    cli.output.result(product, () =>
      product.picture === null
        ? `${product.id} has no picture now.`
        : `${product.id} has a picture: ${product.picture.type}, ${product.picture.bytes} bytes.`,
    )
  })
}

export async function translate(
  cli: Cli,
  id: string,
  options: TranslateOptions & { language: Language },
): Promise<void> {
  const { language, name } = options
  const description = await readDescription(cli, options)
  if (options.remove === true && (name !== undefined || description !== undefined)) {
    throw new Failure('usage', 'give either --remove or a name and description')
  }
  await withContext(cli, async (context) => {
    const given = options.remove === true ? { name: null, description: null } : { name, description }
    const product = await context.run(translateProduct, { id, language, ...given })
    cli.output.result(product, () => renderProduct(cli.output, product, Date.now()))
  })
}

async function readDescription(cli: Cli, options: DescriptionOptions): Promise<string | undefined> {
  const { description, descriptionFile } = options
  if (descriptionFile === undefined) return description
  if (description !== undefined) throw new Failure('usage', 'give either --description or --description-file')
  return readSmallFile(descriptionFile, '--description-file', cli.signal)
}

/** `--no-limit` comes as false. */
function orNull<T>(value: T | false | undefined): T | null | undefined {
  return value === false ? null : value
}
