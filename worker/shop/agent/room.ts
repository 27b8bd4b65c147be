/** What an agent's owner finds in the agent's own bot; whoever is no owner is told so by the gateway's answer. */
import type { Room } from '../room.ts'
import { askIndex, askTitle, dropButton, hearIndex, hearTitle, hearUrl, showButtons } from './buttons.ts'
import { cancelWithdrawal, showHistory } from './history.ts'
import { askLink, hearLink, removeLink } from './links.ts'
import { askMarkup, choosePreset, hearMarkup } from './markup.ts'
import { hearChat, removeChat, showNotices, testNotice } from './notices.ts'
import { panel } from './panel.ts'
import { askLanguage, askText, bringUsual, hearText, showTexts } from './shop-texts.ts'
import { showStatistics } from './statistics.ts'
import { askAmount, chooseAmount, confirmWithdrawal, hearAddress, hearAmount } from './withdraw.ts'

export const agentRoom: Room = {
  isOf: (tenant) => tenant !== 'master',
  routes: {
    agent: panel,
    'agent.markup': askMarkup,
    'agent.markup.set': choosePreset,
    'agent.withdraw': askAmount,
    'agent.amount': chooseAmount,
    ...confirmWithdrawal,
    'agent.link': askLink,
    'agent.unlink': removeLink,
    'agent.buttons': showButtons,
    'agent.button.add': askTitle,
    'agent.button.delete': askIndex,
    'agent.button.drop': dropButton,
    'agent.texts': showTexts,
    'agent.text': askLanguage,
    'agent.text.in': askText,
    'agent.text.usual': bringUsual,
    'agent.notices': showNotices,
    'agent.notices.remove': removeChat,
    'agent.notices.test': testNotice,
    'agent.statistics': showStatistics,
    'agent.history': showHistory,
    'agent.cancel': cancelWithdrawal,
  },
  commands: { agent: 'agent' },
  listeners: {
    awaiting_markup: hearMarkup,
    awaiting_withdraw_amount: hearAmount,
    awaiting_withdraw_address: hearAddress,
    awaiting_support_link: hearLink('support'),
    awaiting_channel_link: hearLink('channel'),
    awaiting_announcement_link: hearLink('announcement'),
    awaiting_button_title: hearTitle,
    awaiting_button_url: hearUrl,
    awaiting_button_delete_index: hearIndex,
    awaiting_text: hearText,
    awaiting_notice_chat: hearChat,
  },
  menu: [],
}
