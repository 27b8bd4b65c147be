import type { Command } from 'commander'
import { type Language, languages } from '../../domain/worker-contract.ts'
import { addCommand, addGroup, type Cli, examples, oneOf } from '../command.ts'

/** `category add|rename|order|list|archive`. */
export function addCategoryCommands(program: Command, cli: Cli): void {
  const group = addGroup(program, 'category', 'what products are sorted by: add, rename, order, list, archive')
  addCategoryAdd(group, cli)
  addCategoryRename(group, cli)
  addCategoryOrder(group, cli)
  addCategoryList(group, cli)
  addCategoryArchive(group, cli)
}

function addCategoryAdd(group: Command, cli: Cli): void {
  addCommand(group, 'add <name>', 'add a category behind the others').action(async (name: string) => {
    const { withContext } = await import('../context.ts')
    const { createCategory } = await import('../../services/catalogue/create-category.ts')
    await withContext(cli, async (context) => {
      const category = await context.run(createCategory, { name })
      cli.output.result(category, () => `Added the category ${category.name} (${category.id}).`)
    })
  })
}

function addCategoryRename(group: Command, cli: Cli): void {
  addCommand(group, 'rename <category> <name>', 'give a category (its id or name) another name')
    .option('--language <language>', `its name in a language: ${languages.join(', ')}`, oneOf(languages))
    .addHelpText('after', examples('category rename Codes Карты --language ru'))
    .action(async (category: string, name: string, options: { language?: Language }) => {
      const { withContext } = await import('../context.ts')
      const { renameCategory } = await import('../../services/catalogue/rename-category.ts')
      await withContext(cli, async (context) => {
        const view = await context.run(renameCategory, { category, name, ...options })
        const where = options.language === undefined ? '' : ` in ${options.language}`
        cli.output.result(view, () => `The category ${view.id} is named ${name.trim()}${where}.`)
      })
    })
}

function addCategoryOrder(group: Command, cli: Cli): void {
  addCommand(group, 'order <category...>', 'put these categories first, in this order')
    .addHelpText('after', examples('category order Codes VPN'))
    .action(async (categories: string[]) => {
      const { withContext } = await import('../context.ts')
      const { orderCategories } = await import('../../services/catalogue/order-categories.ts')
      const { renderCategories } = await import('../render-products.ts')
      await withContext(cli, async (context) => {
        const ordered = await context.run(orderCategories, { categories })
        cli.output.result(ordered, () => renderCategories(cli.output, ordered))
      })
    })
}

function addCategoryList(group: Command, cli: Cli): void {
  addCommand(group, 'list', 'list the categories in the order of the shop')
    .option('--all', 'the archived ones, too')
    .action(async (options: { all?: boolean }) => {
      const { withContext } = await import('../context.ts')
      const { listCategories } = await import('../../services/catalogue/list-categories.ts')
      const { renderCategories } = await import('../render-products.ts')
      await withContext(cli, async (context) => {
        const categories = await context.run(listCategories, { archived: options.all })
        cli.output.result(categories, () => renderCategories(cli.output, categories))
      })
    })
}

function addCategoryArchive(group: Command, cli: Cli): void {
  addCommand(group, 'archive <category>', 'take an empty category (its id or name) out of the shop').action(
    async (category: string) => {
      const { withContext } = await import('../context.ts')
      const { archiveCategory } = await import('../../services/catalogue/archive-category.ts')
      await withContext(cli, async (context) => {
        const view = await context.run(archiveCategory, { category })
        cli.output.result(view, () => `The category ${view.name} is archived.`)
      })
    },
  )
}
