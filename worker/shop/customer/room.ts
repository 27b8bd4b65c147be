/** What everybody finds in every bot: the shop, and how to speak with it. */
import { plainly } from '../common.ts'
import type { Room } from '../room.ts'
import { balance } from './balance.ts'
import { buy, listenQuantity, pay, quantity } from './buying.ts'
import { help, home, id, start, terms } from './home.ts'
import { languageMenu, setLanguage } from './language.ts'
import { goods, order, orders } from './orders.ts'
import { settings } from './settings.ts'
import { category, item, shop, wish } from './shelf.ts'
import { say } from './texts.ts'
import { fill, listenAmount, topUps, unfill, waiting } from './top-up.ts'

export const customerRoom: Room = {
  isOf: () => true,
  routes: {
    start,
    home,
    help,
    terms,
    id,
    cancel: plainly('cancelled'),
    language: languageMenu,
    lang: setLanguage,
    settings,
    shop,
    cat: category,
    item,
    wish,
    qty: quantity,
    buy,
    pay,
    orders,
    order,
    goods,
    balance,
    topup: topUps,
    waiting,
    fill,
    unfill,
  },
  commands: {
    start: 'start',
    home: 'home',
    shop: 'shop',
    orders: 'orders',
    balance: 'balance',
    topup: 'topup',
    help: 'help',
    terms: 'terms',
    settings: 'settings',
    language: 'language',
    lang: 'language',
    id: 'id',
    cancel: 'cancel',
  },
  listeners: { quantity: listenQuantity, top_up_amount: listenAmount },
  menu: (['start', 'shop', 'orders', 'balance', 'topup', 'settings', 'help', 'language', 'id'] as const).map(
    (command) => ({ command, description: (language) => say(language, `command_${command}`) }),
  ),
}
