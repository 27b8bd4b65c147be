import type { Command } from 'commander'
import { type Currency, currencies } from '../../domain/money.ts'
import { type Language, languages } from '../../domain/worker-contract.ts'
import { addCommand, addGroup, type Cli, examples, oneOf, wholeNumber } from '../command.ts'
import type { AddOptions, EditOptions, TranslateOptions } from '../product-options.ts'

const currencyCodes = Object.keys(currencies) as Currency[]
const countMax = 1_000_000
const descriptionFile = '--description-file <file>'
const descriptionFileHelp = "read the description from a file ('-' is stdin)"

/** `product add|edit|list|show|archive|picture|translate`. */
export function addProductCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'product', 'what is for sale: add, edit, list, show, archive, picture, translate')
  addProductAdd(group, cli)
  addProductEdit(group, cli)
  addProductList(group, cli)
  addProductShow(group, cli)
  addProductArchive(group, cli)
  addProductPicture(group, cli)
  addProductTranslate(group, cli)
}

function addProductAdd(group: Command, cli: Cli): void {
  addCommand(group, 'add <name>', 'add a product; agents add their markup to its price')
    .requiredOption('--price <amount>', "the master's price of one unit, e.g. 12.5")
    .option('--currency <currency>', currencyCodes.join(' or '), oneOf(currencyCodes), 'USDT')
    .option('--id <id>', 'its id; made from the name when not given')
    .option('--category <category>', "a category's id or name")
    .option('--description <text>', 'what customers read about it')
    .option(descriptionFile, descriptionFileHelp)
    .option('--limit <count>', 'the most that one customer may buy', wholeNumber(1, countMax))
    .option('--low-stock <count>', 'tell the admins when not more are left', wholeNumber(0, countMax))
    .option('--hidden', 'show it to nobody yet')
    .option('--not-for-agents', 'sell it in the bots of the master only')
    .addHelpText(
      'after',
      examples(
        'product add "Gift card" --price 10 --category Codes',
        'product add "VPN, one month" --price 4.5 --limit 3 --low-stock 5',
      ),
    )
    .action(async (name: string, options: AddOptions) => {
      const { addProduct } = await import('../product-options.ts')
      await addProduct(cli, name, options)
    })
}

function addProductEdit(group: Command, cli: Cli): void {
  addCommand(group, 'edit <product>', 'change a product; orders that were made keep their price')
    .option('--name <name>', 'its name')
    .option('--price <amount>', "the master's price of one unit, in the product's currency")
    .option('--category <category>', "a category's id or name")
    .option('--no-category', 'take it out of its category')
    .option('--description <text>', 'what customers read about it')
    .option(descriptionFile, descriptionFileHelp)
    .option('--limit <count>', 'the most that one customer may buy', wholeNumber(1, countMax))
    .option('--no-limit', 'any customer may buy any number')
    .option('--low-stock <count>', 'tell the admins when not more are left', wholeNumber(0, countMax))
    .option('--no-low-stock', 'do not tell when it runs low')
    .option('--status <status>', 'active or hidden; active brings an archived one back', oneOf(['active', 'hidden']))
    .option('--agents <what>', 'show or hide: whether agents sell it', oneOf(['show', 'hide']))
    .option('--position <number>', 'its place in its category, lower first', wholeNumber(0, countMax))
    .addHelpText('after', examples('product edit gift-card --price 12.5', 'product edit gift-card --status hidden'))
    .action(async (product: string, options: EditOptions) => {
      const { changeProduct } = await import('../product-options.ts')
      await changeProduct(cli, product, options)
    })
}

function addProductList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list the products in the order of the shop')
    .option('--category <category>', 'only those of a category, by its id or name')
    .option('--all', 'the archived ones, too')
    .action(async (options: { category?: string; all?: boolean }) => {
      const { withContext } = await import('../context.ts')
      const { listProducts } = await import('../../services/catalogue/list-products.ts')
      const { renderProducts } = await import('../render-products.ts')
      await withContext(cli, async (context) => {
        const products = await context.run(listProducts, { category: options.category, archived: options.all })
        cli.output.result(products, () => renderProducts(cli.output, products))
      })
    })
}

function addProductShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <product>', 'show a product and its stock').action(async (id: string) => {
    const { withContext } = await import('../context.ts')
    const { showProduct } = await import('../../services/catalogue/show-product.ts')
    const { renderProduct } = await import('../render-products.ts')
    await withContext(cli, async (context) => {
      const product = await context.run(showProduct, { id })
      cli.output.result(product, () => renderProduct(cli.output, product, Date.now()))
    })
  })
}

function addProductArchive(group: Command, cli: Cli): void {
  addCommand(group, 'archive <product>', 'take a product out of the shop; its orders and stock stay').action(
    async (id: string) => {
      const { withContext } = await import('../context.ts')
      const { archiveProduct } = await import('../../services/catalogue/archive-product.ts')
      await withContext(cli, async (context) => {
        const product = await context.run(archiveProduct, { id })
        cli.output.result(product, () => `${product.id} is archived; its ${product.stock.available} units are kept.`)
      })
    },
  )
}

function addProductPicture(group: Command, cli: Cli): void {
  addCommand(group, 'picture <product>', 'give a product a picture, or take it away')
    .option('--file <file>', "a JPEG, PNG or WebP file of at most 5 MB ('-' is stdin)")
    .option('--remove', 'take the picture away')
    .addHelpText('after', examples('product picture gift-card --file card.png'))
    .action(async (product: string, options: { file?: string; remove?: boolean }) => {
      const { changePicture } = await import('../product-options.ts')
      await changePicture(cli, product, options)
    })
}

function addProductTranslate(group: Command, cli: Cli): void {
  addCommand(group, 'translate <product>', 'say its name and description in a language')
    .requiredOption('--language <language>', `one of ${languages.join(', ')}`, oneOf(languages))
    .option('--name <name>', 'its name in the language')
    .option('--description <text>', 'its description in the language')
    .option(descriptionFile, descriptionFileHelp)
    .option('--remove', 'take both away in this language')
    .addHelpText('after', examples('product translate gift-card --language ru --name "Подарочная карта"'))
    .action(async (product: string, options: TranslateOptions & { language: Language }) => {
      const { translate } = await import('../product-options.ts')
      await translate(cli, product, options)
    })
}
