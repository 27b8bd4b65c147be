import type { Command } from 'commander'
import { Failure } from '../../domain/failure.ts'
import {
  buttonsMax,
  type ShopLink,
  type ShopSettings,
  type ShopText,
  shopLinks,
  shopTexts,
} from '../../domain/shop-settings.ts'
import { parseShop } from '../../domain/tenant.ts'
import { type Language, languages } from '../../domain/worker-contract.ts'
import { addCommand, addGroup, type Cli, oneOf, wholeNumber } from '../command.ts'
import type { Context } from '../context.ts'

const removeFlag = '--remove'

/** `agent settings show|link|add-button|remove-button|text|notices`: a shop's own links, buttons and texts. */
export function addSettingsCommands(agentGroup: Command, cli: Cli): void {
  const group = addGroup(
    agentGroup,
    'settings',
    'links, buttons and texts of a shop: show, link, add-button, remove-button, text, notices',
  )
  addShow(group, cli)
  addLink(group, cli)
  addButtons(group, cli)
  addText(group, cli)
  addNotices(group, cli)
}

/** Runs a change of a shop and prints the shop. */
async function printShop(cli: Cli, work: (context: Context) => Promise<ShopSettings>): Promise<void> {
  const { withContext } = await import('../context.ts')
  const { renderShop } = await import('../render-agents.ts')
  await withContext(cli, async (context) => {
    const shop = await work(context)
    cli.output.result(shop, () => renderShop(cli.output, shop))
  })
}

function addShow(group: Command, cli: Cli): void {
  addCommand(group, 'show <shop>', "what a shop has set; 'master' is the shop of the master").action(
    async (shop: string) => {
      const tenant = parseShop(shop)
      const { showShop } = await import('../../services/agents/show-shop.ts')
      await printShop(cli, (context) => context.run(showShop, { tenant }))
    },
  )
}

function addLink(group: Command, cli: Cli): void {
  addCommand(group, 'link <shop>', 'set a link of a shop')
    .argument('<link>', shopLinks.join(', '), oneOf(shopLinks))
    .argument('[address]', '@name, or an address that begins with https://')
    .option(removeFlag, 'take it away')
    .action(async (shop: string, kind: ShopLink, address: string | undefined, options: { remove?: boolean }) => {
      const tenant = parseShop(shop)
      const link = givenOrRemoved(address, options, 'an address')
      const { setLink } = await import('../../services/agents/set-link.ts')
      await printShop(cli, (context) => context.run(setLink, { tenant, kind, link }))
    })
}

function addButtons(group: Command, cli: Cli): void {
  addCommand(group, 'add-button <shop> <title> <address>', 'add an own button to the home screen, at most 5').action(
    async (shop: string, title: string, url: string) => {
      const tenant = parseShop(shop)
      const { addButton } = await import('../../services/agents/add-button.ts')
      await printShop(cli, (context) => context.run(addButton, { tenant, title, url }))
    },
  )
  addCommand(group, 'remove-button <shop>', 'take an own button away')
    .argument('<position>', '1 is the first', wholeNumber(1, buttonsMax))
    .action(async (shop: string, position: number) => {
      const tenant = parseShop(shop)
      const { removeButton } = await import('../../services/agents/remove-button.ts')
      await printShop(cli, (context) => context.run(removeButton, { tenant, position }))
    })
}

interface TextOptions {
  language: Language
  file?: string
  remove?: boolean
}

function addText(group: Command, cli: Cli): void {
  addCommand(group, 'text <shop>', "set a text of a shop, as Telegram's HTML or plain words")
    .argument('<text>', shopTexts.join(', '), oneOf(shopTexts))
    .option('--language <code>', `one of ${languages.join(', ')}`, oneOf(languages), 'en')
    .option('--file <file>', "read the text from a file ('-' is stdin)")
    .option(removeFlag, 'go back to the text that every shop has')
    .action(async (shop: string, kind: ShopText, options: TextOptions) => {
      const tenant = parseShop(shop)
      const file = givenOrRemoved(options.file, options, '--file')
      const { readSmallFile } = await import('../read-secret.ts')
      const text = file === null ? null : await readSmallFile(file, '--file', cli.signal)
      const { setText } = await import('../../services/agents/set-text.ts')
      await printShop(cli, async (context) => {
        const { language } = options
        const { shop: changed, trouble } = await context.run(setText, { tenant, kind, language, text })
        if (trouble !== null) cli.output.note(`Kept as plain words, since as Telegram's HTML ${trouble}.`)
        return changed
      })
    })
}

function addNotices(group: Command, cli: Cli): void {
  addCommand(group, 'notices <shop>', 'set the chat that is told what its owners are told')
    .option('--chat <chat>', 'its number such as -1001234567890, or the @name of a channel')
    .option(removeFlag, 'take it away')
    .action(async (shop: string, options: { chat?: string; remove?: boolean }) => {
      const tenant = parseShop(shop)
      const chat = givenOrRemoved(options.chat, options, '--chat')
      const { setNoticeChat } = await import('../../services/agents/set-notice-chat.ts')
      await printShop(cli, (context) => context.run(setNoticeChat, { tenant, chat }))
    })
}

function givenOrRemoved(value: string | undefined, options: { remove?: boolean }, what: string): string | null {
  if ((value === undefined) !== (options.remove === true)) {
    throw new Failure('usage', `give ${what}, or ${removeFlag} and nothing else`)
  }
  return value ?? null
}
