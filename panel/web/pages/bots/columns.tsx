import { Anchor, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { withoutCommand } from '../../api/problem.ts'
import type { InstanceView } from '../../api/views.ts'
import { type Locale, useLocale } from '../../i18n/locale.tsx'
import { StateBadge, StatusBadge } from '../../parts/badge.tsx'
import type { Column } from '../../parts/list-table.tsx'
import { Bytes, Distance, Latin, Moment, Word } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'
import { BotActions } from './bot-actions.tsx'

export const tabs = ['new', 'approved', 'expired', 'problems', 'suspended'] as const
export type BotTab = (typeof tabs)[number]

/** What each section shows (seed 004, "Frontend Sections"); what belongs together stands in one column. */
export function columnsOf(tab: BotTab, t: Locale['t']): Column<InstanceView>[] {
  const name: Column<InstanceView> = { head: t('bots.name'), cell: (bot) => <BotName bot={bot} /> }
  const place: Column<InstanceView> = { head: t('bots.platform'), cell: (bot) => <Place bot={bot} /> }
  const status: Column<InstanceView> = { head: t('bots.status'), cell: (bot) => <StatusBadge bot={bot} /> }
  const period: Column<InstanceView> = { head: t('bots.status'), cell: (bot) => <Period bot={bot} /> }
  const state: Column<InstanceView> = { head: t('bots.state'), cell: (bot) => <StateBadge state={bot.state} /> }
  const ends: Column<InstanceView> = { head: t('bots.expires'), cell: (bot) => <Ends bot={bot} /> }
  const memory: Column<InstanceView> = { head: t('bots.memory'), cell: (bot) => <Bytes value={bot.memory_bytes} /> }
  const actions: Column<InstanceView> = { head: t('bots.actions'), cell: (bot) => <BotActions bot={bot} /> }
  switch (tab) {
    case 'new':
      return [
        name,
        place,
        status,
        { head: t('bots.created'), cell: (bot) => <Distance iso={bot.created_at} /> },
        actions,
      ]
    case 'approved':
      return [name, state, place, period, ends, memory, actions]
    case 'expired':
      return [name, place, period, ends, actions]
    case 'problems':
      return [
        name,
        state,
        place,
        { head: t('bots.trouble'), cell: (bot) => <Trouble bot={bot} /> },
        { head: t('bots.next_try'), cell: (bot) => <Distance iso={bot.next_try_at} /> },
        actions,
      ]
    case 'suspended':
      return [
        name,
        place,
        status,
        { head: t('bots.reason'), cell: (bot) => <Word>{bot.suspended_reason}</Word> },
        actions,
      ]
    default:
      return tab satisfies never
  }
}

interface OfBot {
  readonly bot: InstanceView
}

function Place({ bot }: OfBot) {
  const { t } = useLocale()
  return (
    <>
      {t(platformText[bot.platform])}
      <Below>
        <Word>{bot.server_name}</Word>
      </Below>
    </>
  )
}

function Period({ bot }: OfBot) {
  const { t } = useLocale()
  return (
    <>
      <StatusBadge bot={bot} />
      {bot.duration_months !== null && (
        <Below>
          {t('period.option', { count: bot.duration_months })} · {t('bots.approved_since')}{' '}
          <Moment iso={bot.approved_at} day />
        </Below>
      )}
    </>
  )
}

function Ends({ bot }: OfBot) {
  return (
    <>
      <Moment iso={bot.expires_at} day />
      <Below>
        <Distance iso={bot.expires_at} />
      </Below>
    </>
  )
}

function Trouble({ bot }: OfBot) {
  return (
    <Text size="sm" maw="24rem" miw="12rem">
      <Word>{bot.last_error === null ? null : withoutCommand(bot.last_error)}</Word>
    </Text>
  )
}

/** A second line of a cell. */
function Below(props: { readonly children: ReactNode }) {
  return (
    <Text size="xs" c="dimmed" component="div">
      {props.children}
    </Text>
  )
}

function BotName({ bot }: OfBot) {
  const address = bot.username === null ? bot.phone_number : `@${bot.username}`
  return (
    <div className="named">
      <Anchor component={Link} href={`/bots/${bot.id}`} fw={600}>
        <Word>{bot.name}</Word>
      </Anchor>
      <Below>
        <Latin>{bot.id}</Latin> <bdi dir="ltr">{address}</bdi>
      </Below>
    </div>
  )
}
