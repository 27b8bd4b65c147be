import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import type { InstanceView } from '../../api/views.ts'
import type { Locale } from '../../i18n/locale.tsx'
import { StateBadge, StatusBadge } from '../../parts/badge.tsx'
import type { Column } from '../../parts/list-table.tsx'
import { Bytes, Count, Distance, Moment, Word } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'
import { BotActions } from './bot-actions.tsx'

export const tabs = ['new', 'approved', 'expired', 'problems', 'suspended'] as const
export type BotTab = (typeof tabs)[number]

/** What each section shows (seed 004, "Frontend Sections"). */
export function columnsOf(tab: BotTab, t: Locale['t']): Column<InstanceView>[] {
  const name: Column<InstanceView> = { head: t('bots.name'), cell: (bot) => <BotName bot={bot} /> }
  const platform: Column<InstanceView> = { head: t('bots.platform'), cell: (bot) => t(platformText[bot.platform]) }
  const server: Column<InstanceView> = { head: t('bots.server'), cell: (bot) => <Word>{bot.server_name}</Word> }
  const status: Column<InstanceView> = { head: t('bots.status'), cell: (bot) => <StatusBadge bot={bot} /> }
  const state: Column<InstanceView> = { head: t('bots.state'), cell: (bot) => <StateBadge state={bot.state} /> }
  const duration: Column<InstanceView> = {
    head: t('bots.months'),
    cell: (bot) => <Count value={bot.duration_months} />,
  }
  const ends: Column<InstanceView> = { head: t('bots.expires'), cell: (bot) => <Moment iso={bot.expires_at} day /> }
  const actions: Column<InstanceView> = { head: t('bots.actions'), cell: (bot) => <BotActions bot={bot} /> }
  const trouble: Column<InstanceView> = {
    head: t('bots.trouble'),
    cell: (bot) => (
      <Text size="sm" maw="24rem">
        <Word>{bot.last_error}</Word>
      </Text>
    ),
  }
  switch (tab) {
    case 'new':
      return [
        name,
        platform,
        server,
        status,
        { head: t('bots.created'), cell: (bot) => <Distance iso={bot.created_at} /> },
        actions,
      ]
    case 'approved':
      return [
        name,
        platform,
        server,
        status,
        state,
        duration,
        { head: t('bots.approved_at'), cell: (bot) => <Moment iso={bot.approved_at} day /> },
        ends,
        { head: t('bots.left'), cell: (bot) => <Distance iso={bot.expires_at} /> },
        { head: t('bots.memory'), cell: (bot) => <Bytes value={bot.memory_bytes} /> },
        actions,
      ]
    case 'expired':
      return [name, platform, server, status, duration, ends, actions]
    case 'problems':
      return [
        name,
        platform,
        server,
        state,
        trouble,
        { head: t('bots.next_try'), cell: (bot) => <Distance iso={bot.next_try_at} /> },
        actions,
      ]
    case 'suspended':
      return [
        name,
        platform,
        server,
        status,
        { head: t('bots.reason'), cell: (bot) => <Word>{bot.suspended_reason}</Word> },
        actions,
      ]
    default:
      return tab satisfies never
  }
}

function BotName(props: { readonly bot: InstanceView }) {
  const { bot } = props
  const address = bot.username === null ? bot.phone_number : `@${bot.username}`
  return (
    <>
      <Anchor component={Link} href={`/bots/${bot.id}`} fw={600}>
        <Word>{bot.name}</Word>
      </Anchor>
      <Text size="xs" c="dimmed">
        <bdi className="mono">{bot.id}</bdi> <bdi dir="ltr">{address}</bdi>
      </Text>
    </>
  )
}
