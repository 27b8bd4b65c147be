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
import { type Language, languages } from '../../domain/worker-contract.ts'
import { addCommand, addGroup, type Cli, examples, oneOf, tenantOf, tenantWords, wholeNumber } from '../command.ts'
import type { Context } from '../context.ts'

const removeFlag = '--remove'
const addressWords = '@name, or an address that begins with https://'

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

function addTenantCommand(group: Command, name: string, description: string): Command {
  return addCommand(group, name, description).argument('<tenant>', `whose: ${tenantWords}`, tenantOf)
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
  addTenantCommand(group, 'show', 'what a shop has set').action(async (tenant: string) => {
    const { showShop } = await import('../../services/agents/show-shop.ts')
    await printShop(cli, (context) => context.run(showShop, { tenant }))
  })
}

function addLink(group: Command, cli: Cli): void {
  addTenantCommand(group, 'link', 'set a link of a shop')
    .argument('<link>', shopLinks.join(', '), oneOf(shopLinks))
    .argument('[address]', addressWords)
    .option(removeFlag, 'take it away')
    .addHelpText(
      'after',
      examples('agent settings link agent001 support @my_support', 'agent settings link agent001 support --remove'),
    )
    .action(async (tenant: string, kind: ShopLink, address: string | undefined, options: { remove?: boolean }) => {
      const link = givenOrRemoved(address, options, 'an address')
      const { setLink } = await import('../../services/agents/set-link.ts')
      await printShop(cli, (context) => context.run(setLink, { tenant, kind, link }))
    })
}

function addButtons(group: Command, cli: Cli): void {
  addTenantCommand(group, 'add-button', `add an own button to the home screen, at most ${buttonsMax}`)
    .argument('<title>', 'what stands on it')
    .argument('<address>', addressWords)
    .addHelpText('after', examples('agent settings add-button agent001 News https://example.com'))
    .action(async (tenant: string, title: string, url: string) => {
      const { addButton } = await import('../../services/agents/add-button.ts')
      await printShop(cli, (context) => context.run(addButton, { tenant, title, url }))
    })
  addTenantCommand(group, 'remove-button', 'take an own button away')
    .argument('<position>', '1 is the first', wholeNumber(1, buttonsMax))
    .action(async (tenant: string, position: number) => {
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
  addTenantCommand(group, 'text', "set a text of a shop, as Telegram's HTML or plain words")
    .argument('<text>', shopTexts.join(', '), oneOf(shopTexts))
    .option('--language <language>', `one of ${languages.join(', ')}`, oneOf(languages), 'en')
    .option('--file <file>', "read the text from a file ('-' is stdin)")
    .option(removeFlag, 'go back to the text that every shop has')
    .addHelpText(
      'after',
      examples(
        'agent settings text agent001 welcome --file welcome.html',
        'agent settings text master help --language fa --file help.txt',
      ),
    )
    .action(async (tenant: string, kind: ShopText, options: TextOptions) => {
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
  addTenantCommand(group, 'notices', 'set the chat that is told what its owners are told')
    .option('--chat <chat>', 'its number such as -1001234567890, or the @name of a channel')
    .option(removeFlag, 'take it away')
    .addHelpText('after', examples('agent settings notices agent001 --chat @my_channel'))
    .action(async (tenant: string, options: { chat?: string; remove?: boolean }) => {
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
